// Records what leaves the plugin by Segment's Node SDK: the requests that Segment and a RudderStack data plane get.

import { createRequire } from 'node:module';
import { freePort } from '../testkit/free-port.js';
import { serve } from '../testkit/loopback.js';
import { startPlugin } from './plugin.js';
import { type Recordable, type RecordPlace, receiversAt, startRecording } from './record-place.js';
import { postSigned, SIGNING_SECRET } from './statsig-sender.js';
import { until } from './wait.js';
import { EXAMPLE_EVENTS } from './webhook-events.js';

/** The example events are of this workspace. */
const WORKSPACE = 'shop';

function sdkVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('@segment/analytics-node/package.json');
  return version;
}

/** Takes everything, as both do. */
async function startTaker(body: string, resources: RecordPlace['resources']) {
  let requests = 0;
  const { url, close } = await serve((request, response) => {
    request.resume().on('end', () => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  });
  resources.add(close);
  return { url, requests: () => requests };
}

async function record({ directory, resources }: RecordPlace): Promise<number> {
  const segment = await startTaker('{"success":true}', resources);
  // As rudder-server's gateway says it.
  const rudderstack = await startTaker('OK', resources);
  const port = await freePort();
  const { receivers, taps } = await receiversAt({ segment: segment.url, rudderstack: rudderstack.url });
  const document = {
    id: WORKSPACE,
    outbound: {
      signingSecrets: [SIGNING_SECRET],
      targets: [
        { name: 'segment', writeKey: 'segment-write-key', host: taps.segment },
        { name: 'rudderstack', writeKey: 'rudderstack-write-key', host: taps.rudderstack },
      ],
    },
  };
  const recorder = await startRecording(
    {
      ...{ id: 'analytics-node-outbound', name: 'analytics-node, out of the plugin,', version: sdkVersion() },
      to: `http://127.0.0.1:${port}`,
      receivers,
      settings: [JSON.stringify(document)],
    },
    resources,
  );
  await startPlugin({ env: {}, document, directory, port }, resources);
  const post = async (events: readonly object[]): Promise<void> => {
    const before = [segment.requests(), rudderstack.requests()];
    await postSigned(`${recorder.url}/statsig/${WORKSPACE}`, JSON.stringify(events));
    await until('both get the events', () =>
      segment.requests() > (before[0] ?? 0) && rudderstack.requests() > (before[1] ?? 0) ? undefined : 'not yet',
    );
  };
  await post(EXAMPLE_EVENTS.slice(0, 1));
  await recorder.cut({
    file: 'exposure',
    title: 'analytics-node sends one exposure to Segment and to a RudderStack data plane',
    why: 'Both get the same call, each with its own write key and message id, in the form of the SDK.',
  });
  await post(EXAMPLE_EVENTS.slice(1));
  await recorder.cut({
    file: 'batch',
    title: 'analytics-node sends an anonymous exposure, a custom event and a config change as one batch',
    why: 'The SDK puts calls together, and adds what it is to each of them.',
  });
  return recorder.finish();
}

/** The SDK is a dependency of the plugin. */
export const recordableOutbound: Recordable = { id: 'analytics-node-outbound', record };
