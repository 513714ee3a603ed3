// Records what each server SDK sends to the plugin's Tracking API, and what becomes of it.

import { startPlugin } from './plugin.js';
import { CALLS, FOR_STATSIG } from './record-events.js';
import { type Recordable, type RecordPlace, startRecording } from './record-place.js';
import { prepareTrackingApi, WRITE_KEY } from './record-tracking-api.js';
import type { FoundSdk } from './sdks-clients.js';
import { startSender } from './sdks-sender.js';
import type { StatsigStandIn } from './statsig-stand-in.js';
import { until } from './wait.js';

const OTHER_KEY = 'another-write-key';

async function arrived(statsig: StatsigStandIn, events: number): Promise<void> {
  await until(`${events} events arrive at Statsig`, () =>
    statsig.accepted.length < events ? `${statsig.accepted.length} have` : undefined,
  );
}

async function record(sdk: FoundSdk, { directory, resources }: RecordPlace): Promise<number> {
  const { statsig, port, receivers, document } = await prepareTrackingApi({ resources });
  const { id, name, version } = sdk;
  const recorder = await startRecording(
    {
      ...{ id, name, version },
      to: `http://127.0.0.1:${port}`,
      receivers,
      settings: [JSON.stringify(document)],
    },
    resources,
  );
  await startPlugin({ env: {}, document, directory, port }, resources);

  async function send(calls: typeof CALLS, expected: number): Promise<void> {
    const sender = startSender(sdk, recorder.url, WRITE_KEY);
    resources.add(() => sender.kill());
    for (const [method, message] of calls) sender.call(method, message);
    sender.flush();
    await sender.end();
    await arrived(statsig, expected);
  }

  await send(CALLS.slice(1, 2), 1);
  await recorder.cut({
    file: 'track',
    title: `${name} sends one event`,
    why: 'It is the least that an SDK sends, with all that it adds to an event by itself.',
  });
  const calls = sdk.hasNoPages ? CALLS.filter(([method]) => method !== 'page') : CALLS;
  await send(calls, 1 + FOR_STATSIG - (CALLS.length - calls.length));
  await recorder.cut({
    file: 'each-type',
    title: `${name} sends a call of each type`,
    why: 'Each SDK has its own way to put calls into requests, and its own form of each type.',
  });
  const refused = startSender(sdk, recorder.url, OTHER_KEY);
  resources.add(() => refused.kill());
  for (const [method, message] of CALLS.slice(1, 2)) refused.call(method, message);
  refused.flush();
  await until('the SDK is refused', () => (recorder.held === 0 ? 'nothing came' : undefined));
  refused.kill();
  await recorder.cut({
    file: 'unknown-write-key',
    title: `${name} sends a write key that no workspace has`,
    why: 'Who mistypes the key must be told, in the form that the SDK reads.',
  });
  return recorder.finish();
}

/** @param sdks those that are installed */
export function recordableSdks(sdks: readonly FoundSdk[]): readonly Recordable[] {
  return sdks.map((sdk) => ({ id: sdk.id, record: (place) => record(sdk, place) }));
}
