// What came out of Statsig does not go back in, also where `integrations` does not keep it away.

import assert from 'node:assert/strict';
import { countStates } from './checks.js';
import { assertCalls, jobsOf } from './checks-calls.js';
import type { Rig } from './rig.js';
import type { Scenario } from './scenario.js';
import { assertSdkCalls, postToPlugin, settingsWithTarget } from './scenario-sdk.js';
import { withEventsShown } from './shown-at-http.js';
import { postSigned } from './statsig-sender.js';
import type { SourceEvent } from './traffic.js';
import { EXAMPLE_EVENTS, EXAMPLES, targetOfSource } from './webhook-events.js';
import type { WebhookSource } from './workspace-config.js';

const SOURCE: WebhookSource = { id: 'src-statsig', writeKey: 'statsig-key', definition: 'Statsig' };

/** Shows that the way to Statsig is open. */
const ORDINARY: SourceEvent = { type: 'track', event: 'Step', userId: 'user-1', messageId: 'ordinary' };

/** The calls as a transformation of the user's may leave them: without the word that keeps them away from Statsig. */
const UNMARKED: readonly SourceEvent[] = EXAMPLES.map(({ eventId, call: { event, context } }) => ({
  type: 'track',
  event,
  userId: 'user-1',
  context,
  messageId: `unmarked ${eventId}`,
}));

async function check({ gateway, plugin, settle, statsig }: Rig): Promise<string> {
  const { status, text } = await postSigned(gateway.webhookUrl(SOURCE.writeKey), JSON.stringify(EXAMPLE_EVENTS));
  assert.equal(status, 200, text);
  await postToPlugin(plugin.url, EXAMPLE_EVENTS);
  // Each event has a job for each of the two destinations.
  await settle(4 * EXAMPLE_EVENTS.length);
  await gateway.post([...UNMARKED, ORDINARY]);
  const jobs = await settle(4 * EXAMPLE_EVENTS.length + 2 * UNMARKED.length + 2);
  const posted = new Set([...UNMARKED, ORDINARY].map(({ messageId }) => messageId));

  assertCalls(jobsOf(jobs, 'HTTP', SOURCE.id), targetOfSource(SOURCE.id));
  assertSdkCalls(jobs.filter(({ messageId }) => !posted.has(messageId)));
  const toStatsig = jobs.filter(({ destinationType }) => destinationType === 'STATSIG');
  assert.deepEqual(countStates(toStatsig), {
    'filtered 298': 2 * EXAMPLE_EVENTS.length + UNMARKED.length,
    'succeeded 202': 1,
  });
  for (const { messageId, response } of toStatsig.filter(({ state }) => state === 'filtered'))
    assert.match(
      `${messageId}: ${response}`,
      posted.has(messageId) ? /filtered \(loop\)/ : /filtered \(integration_off\)/,
    );
  assert.deepEqual(
    statsig.requests.map((request) => request.events.map(({ eventName }) => eventName)),
    [['rudderstack::Step']],
    'what Statsig got',
  );
  return `${EXAMPLE_EVENTS.length} events by way of a source and ${EXAMPLE_EVENTS.length} by way of the SDK came to the STATSIG destination, which let none through (298, integration_off), nor any of the ${UNMARKED.length} without \`integrations\` (298, loop); an ordinary event arrived`;
}

export const statsigLoopScenario: Scenario = {
  name: 'loop: events out of Statsig, on to a STATSIG destination',
  run: (start) =>
    withEventsShown(
      start,
      {
        // Not quite the name that the calls have `false` for in `integrations`: rudder-server lets them pass, the plugin does not.
        statsigName: 'STATSIG',
        settings: settingsWithTarget,
        webhookSources: [SOURCE],
        claimedSources: [SOURCE.id],
      },
      check,
    ),
};
