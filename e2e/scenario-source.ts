// Statsig's webhook by way of a source of the type `Statsig`.

import assert from 'node:assert/strict';
import { assertCalls, jobsOf } from './checks-calls.js';
import type { Rig } from './rig.js';
import type { Scenario } from './scenario.js';
import { withEventsShown } from './shown-at-http.js';
import { askForCode, CODE_ANSWER, postSigned, postUnsigned } from './statsig-sender.js';
import type { TransformerStandIn } from './transformer-stand-in.js';
import { EXAMPLE_EVENTS, EXAMPLES, NAMELESS, targetOfSource, UNSENT } from './webhook-events.js';
import type { WebhookSource } from './workspace-config.js';

const SOURCE: WebhookSource = { id: 'src-statsig', writeKey: 'statsig-key', definition: 'Statsig' };

/** Older than any tolerance. */
const LONG_AGO = Date.parse('2026-01-01T00:00:00Z');

/** The gateway takes none of a webhook's calls when one has ids that it finds empty. */
const INVISIBLE = { eventName: 'Checkout', user: { userID: '\u200b\u2060' }, timeUUID: 'uuid-invisible' };

/** What it becomes is larger than the gateway takes: most fields of an event come twice in its call. */
const LARGE = {
  eventName: 'Checkout',
  user: { userID: 'user-1' },
  metadata: { text: 'x'.repeat(2_060_000) },
  timeUUID: 'uuid-large',
};

async function assertRefused(url: string): Promise<number> {
  const body = JSON.stringify(EXAMPLE_EVENTS);
  const refused = [
    [await postUnsigned(url, body), 401, 'WEBHOOK_SIGNATURE_INVALID'],
    [await postSigned(url, body, { secret: 'webhook-other' }), 401, 'WEBHOOK_SIGNATURE_INVALID'],
    [await postSigned(url, body, { timestamp: LONG_AGO }), 401, 'WEBHOOK_TIMESTAMP_REFUSED'],
    [await postSigned(url, `${body}]`), 400, 'BODY_NOT_JSON'],
    [await postSigned(url, '{"hello": "world"}'), 400, 'BODY_NOT_STATSIG_EVENTS'],
    [await postSigned(url, JSON.stringify([NAMELESS])), 400, 'STATSIG_EVENT_NAME_MISSING'],
    // In rudder-server's own words.
    [await postSigned(url, JSON.stringify([LARGE])), 413, 'request size exceeds max limit'],
  ] as const;
  for (const [{ status, text }, expected, words] of refused) {
    assert.equal(status, expected, `${words}: ${text}`);
    assert.ok(text.includes(words), `${text} holds ${words}`);
  }
  return refused.length;
}

/** Posts the good events beside others, all of it twice, as Statsig does that missed the answer. */
async function postExamples(url: string): Promise<void> {
  const [change, ...others] = EXAMPLE_EVENTS.toReversed();
  const mixed = [...Object.values(UNSENT), ...others, NAMELESS, INVISIBLE];
  for (const body of [mixed, { data: [change] }, mixed, { data: [change] }]) {
    const { status, text } = await postSigned(url, JSON.stringify(body));
    assert.deepEqual([status, text], [200, 'ok'], 'a webhook of which something is sent');
  }
}

async function assertUnsent(url: string): Promise<void> {
  const unsent = Object.values(UNSENT);
  for (const body of [unsent, { data: unsent }, [], [INVISIBLE]]) {
    const { status, text } = await postSigned(url, JSON.stringify(body));
    assert.deepEqual([status, text], [200, 'OK'], 'a webhook of which nothing is sent');
  }
}

/** What the plugin says of all of that. It does not learn that rudder-server refused the large one. */
const COUNTS = {
  'ingest received': 27,
  'ingest converted': 9,
  'ingest filtered loop': 4,
  'ingest filtered internal_event': 4,
  'ingest filtered no_identity': 7,
  'ingest failed_on_ingest statsig_event_name_missing': 3,
};

async function check({ gateway, plugin, statsig, settle }: Rig, transformer: TransformerStandIn): Promise<string> {
  const url = gateway.webhookUrl(SOURCE.writeKey);
  assert.deepEqual(await askForCode(url), CODE_ANSWER, 'the handshake');
  const refused = await assertRefused(url);
  await assertUnsent(url);
  await postExamples(url);
  const jobs = await settle(EXAMPLES.length);

  assertCalls(jobsOf(jobs, 'HTTP', SOURCE.id), targetOfSource(SOURCE.id));
  assert.equal(jobs.length, EXAMPLES.length, 'no job for STATSIG: `integrations` says so');
  assert.equal(transformer.delivered.get('http')?.length, EXAMPLES.length, 'deliveries');
  assert.deepEqual(statsig.requests, []);
  assert.deepEqual(await plugin.counts(), COUNTS);
  return `the handshake came back; of ${EXAMPLES.length} events, posted twice, each became one call, compared field by field, but none for STATSIG; webhooks of which nothing is sent were answered 200; ${refused} bad webhooks got 401, 400 or 413`;
}

export const sourceScenario: Scenario = {
  name: 'source of the type Statsig',
  run: (start) =>
    withEventsShown(
      start,
      {
        // Off by default: shows that the messageIds are the same when the events are sent again.
        server: { RSERVER_DEDUP_ENABLE_DEDUP: 'true' },
        webhookSources: [SOURCE],
        claimedSources: [SOURCE.id],
      },
      check,
    ),
};
