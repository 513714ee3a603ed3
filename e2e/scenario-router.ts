// Router mode: rudder-server asks for batches when it delivers, and delivers them itself.

import assert from 'node:assert/strict';
import { assertConverted, assertDelivered, assertOrdered, countStates } from './checks.js';
import { CONVERSION_SETTINGS, CONVERSIONS, FILTERED, INVALID } from './conversions.js';
import type { Job } from './jobs.js';
import type { Scenario } from './scenario.js';
import { sequences } from './traffic.js';

function find(jobs: readonly Job[], messageId: string): Job {
  const job = jobs.find((each) => each.messageId === messageId);
  assert.ok(job, `no job for ${messageId}`);
  return job;
}

export const routerScenario: Scenario = {
  name: 'router mode',
  async run(start) {
    const { gateway, plugin, statsig, settle } = await start({ settings: CONVERSION_SETTINGS, keyIn: 'environment' });
    const numbered = sequences(20, 10);
    const good = numbered.length + CONVERSIONS.length;
    const filtered = Object.entries(FILTERED);
    await gateway.post(numbered.slice(0, 100));
    await gateway.post([...INVALID, ...CONVERSIONS.map(({ sent }) => sent), ...Object.values(FILTERED)]);
    await gateway.post(numbered.slice(100));
    const jobs = await settle(good + filtered.length + INVALID.length);

    assertConverted(CONVERSIONS, statsig);
    assertDelivered(numbered, statsig);
    assertOrdered(statsig);
    const requests = statsig.requests.length;
    assert.ok(requests < good / 4, `${requests} requests for ${good} events are no batches`);
    assert.deepEqual(countStates(jobs), {
      'succeeded 202': good,
      'filtered 298': filtered.length,
      'aborted 400': INVALID.length,
    });
    for (const [reason, { messageId }] of filtered) {
      const { state, response } = find(jobs, messageId);
      assert.equal(state, 'filtered', messageId);
      assert.match(response, new RegExp(`filtered \\(${reason}\\)`));
    }
    for (const { messageId } of INVALID) {
      const { state, response } = find(jobs, messageId);
      assert.equal(state, 'aborted', messageId);
      assert.match(response, /EVENT_NAME_MISSING/);
    }
    assert.ok(jobs.every(({ transformAt }) => transformAt === 'router'));
    assert.equal((await plugin.counts())['router converted'], good);
    return `${good} events arrived once each in ${requests} requests, in the order of each user, ${CONVERSIONS.length} of them compared field by field; ${filtered.length} jobs filtered with 298, ${INVALID.length} aborted with 400`;
  },
};
