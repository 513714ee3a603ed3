// Statsig's webhook by way of a source of the general type `webhook`, beside one of the same type that is none of ours.

import assert from 'node:assert/strict';
import { assertCalls, jobsOf } from './checks-calls.js';
import { type Relay, startRelay } from './relay.js';
import type { Rig, RigOptions } from './rig.js';
import type { Scenario } from './scenario.js';
import { withEventsShown } from './shown-at-http.js';
import { askForCode, CODE_ANSWER, postSigned, postUnsigned } from './statsig-sender.js';
import type { SourceElement, TransformerStandIn } from './transformer-stand-in.js';
import { EXAMPLE_EVENTS, EXAMPLES, targetOfSource, UNSENT } from './webhook-events.js';
import type { WebhookSource } from './workspace-config.js';

const CLAIMED: WebhookSource = { id: 'src-claimed', writeKey: 'claimed-key', definition: 'webhook' };
const OTHER: WebhookSource = { id: 'src-other', writeKey: 'other-key', definition: 'webhook' };

/** As many as are posted at once, so that they come to the plugin together. */
const SERVER = {
  RSERVER_GATEWAY_WEBHOOK_MAX_BATCH_SIZE: '10',
  RSERVER_GATEWAY_WEBHOOK_BATCH_TIMEOUT: '2s',
};

/** What another service might post: it must not be taken for Statsig's, though it looks the same. */
function otherBody(n: number): string {
  return JSON.stringify([{ eventName: `Ding ${n}`, user: { userID: 'user-1' }, note: 'Prüfung <🎉> & \u2028' }]);
}

function byBody(one: SourceElement, other: SourceElement): number {
  return one.request.body.localeCompare(other.request.body);
}

/** The requests that held webhooks, as rudder-server sent them. */
function batchesOf(requests: Relay['requests']): readonly (readonly SourceElement[])[] {
  return requests.filter(({ path }) => path === '/v2/sources/webhook').map(({ body }) => JSON.parse(body));
}

async function check(rig: Rig, transformer: TransformerStandIn, relayed: () => Relay['requests']): Promise<string> {
  const { gateway, settle, statsig } = rig;
  const url = gateway.webhookUrl(CLAIMED.writeKey);
  const unsentBody = JSON.stringify(Object.values(UNSENT));
  const toUs = [
    () => postSigned(url, JSON.stringify(EXAMPLE_EVENTS)),
    () => askForCode(url),
    () => postSigned(url, unsentBody),
    () => postUnsigned(url, unsentBody),
    () => postSigned(url, '['),
  ];
  const others = toUs.map((_, n) => otherBody(n));
  // In turn, so that answers in another order than the webhooks' would come to the wrong senders.
  const pairs = others.map((body, n) =>
    Promise.all([toUs[n]?.(), postUnsigned(gateway.webhookUrl(OTHER.writeKey), body)]),
  );
  const answers = await Promise.all(pairs);
  const [sent, code, unsent, unsigned, broken] = answers.map(([ours]) => ours);
  assert.deepEqual([sent?.status, sent?.text], [200, 'ok'], 'a webhook of which something is sent');
  assert.deepEqual(code, CODE_ANSWER, 'the handshake');
  assert.deepEqual([unsent?.status, unsent?.text], [200, 'OK'], 'a webhook of which nothing is sent');
  assert.equal(unsigned?.status, 401, unsigned?.text);
  assert.equal(broken?.status, 400, broken?.text);
  const echoes = others.map((text) => ({ status: 200, contentType: 'application/json', text }));
  const echoed = answers.map(([, theirs]) => theirs);
  assert.deepEqual(echoed, echoes, 'answers of the stock transformer to its own senders');

  const batches = batchesOf(relayed());
  const mixed = batches.filter((batch) => new Set(batch.map(({ source }) => source.ID)).size === 2);
  assert.ok(mixed.length > 0, `none of ${batches.length} requests held webhooks of both sources`);
  const theirs = batches.flat().filter(({ source }) => source.ID === OTHER.id);
  assert.deepEqual(transformer.webhooks.toSorted(byBody), theirs.toSorted(byBody), 'what the stock transformer got');

  const jobs = await settle(EXAMPLES.length + 2 * others.length);
  assertCalls(jobsOf(jobs, 'HTTP', CLAIMED.id), targetOfSource(CLAIMED.id));
  assert.equal(jobsOf(jobs, 'HTTP', OTHER.id).length, others.length);
  assert.equal(jobsOf(jobs, 'STATSIG', OTHER.id).length, others.length);
  assert.equal(jobs.length, EXAMPLES.length + 2 * others.length);
  assert.deepEqual(
    statsig.accepted.map(({ eventName }) => eventName),
    others.map(() => 'rudderstack::webhook_source_event'),
  );
  return `${2 * others.length} webhooks of both sources came in ${batches.length} request(s), ${mixed.length} of them mixed; each sender got its own answer; ${EXAMPLES.length} events became calls, compared field by field; the other source's ${others.length} webhooks reached the stock transformer unchanged`;
}

export const claimedSourceScenario: Scenario = {
  name: 'source of the type webhook, beside another',
  async run(start) {
    let relay: Relay | undefined;
    const options: RigOptions = {
      server: SERVER,
      webhookSources: [CLAIMED, OTHER],
      claimedSources: [CLAIMED.id],
      async between(pluginUrl) {
        relay = await startRelay(() => pluginUrl);
        return relay.url;
      },
    };
    try {
      return await withEventsShown(start, options, (rig, transformer) =>
        check(rig, transformer, () => relay?.requests ?? []),
      );
    } finally {
      await relay?.close();
    }
  },
};
