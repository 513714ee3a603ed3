// Mode `webhook`: every message goes to Statsig's RudderStack webhook as rudder-server has it.

import assert from 'node:assert/strict';
import { isJsonObject } from '../src/model/segment-event.js';
import { countStates } from './checks.js';
import type { Scenario } from './scenario.js';
import { WEBHOOK_PATH } from './statsig-stand-in.js';
import type { SourceEvent } from './traffic.js';

const EVENTS: readonly SourceEvent[] = [
  { type: 'identify', userId: 'user-1', messageId: 'm-1', traits: { plan: 'pro', tags: ['a', null, 1.5] } },
  { type: 'track', event: 'A "quoted" {name}', userId: 'user-1', messageId: 'm-2', properties: { deep: { er: [{}] } } },
  { type: 'track', event: '', userId: 'user-2', messageId: 'm-3', properties: { empty: '' } },
  {
    type: 'page',
    name: 'Prüfung 🎉',
    userId: 'user-2',
    messageId: 'm-4',
    context: { page: { url: 'https://example.com/?a=<b>&c' } },
  },
  { type: 'screen', name: 'Main', userId: 'user-3', messageId: 'm-5', anonymousId: 'anon-3' },
  { type: 'group', groupId: 'g-1', userId: 'user-3', messageId: 'm-6', traits: {} },
  { type: 'alias', userId: 'user-4', previousId: 'user-1', messageId: 'm-7' },
  { type: 'track', event: 'statsig::config_exposure', userId: 'user-4', messageId: 'm-8', properties: { zero: 0 } },
];

export const webhookScenario: Scenario = {
  name: 'mode webhook',
  async run(start) {
    const { gateway, statsig, settle } = await start({ settings: { mode: 'webhook' }, keyIn: 'environment' });
    await gateway.post(EVENTS);
    const jobs = await settle(EVENTS.length);

    assert.deepEqual(statsig.faults, []);
    assert.deepEqual(countStates(jobs), { 'succeeded 202': EVENTS.length });
    assert.equal(statsig.requests.length, EVENTS.length, 'one request per message');
    for (const { path } of statsig.requests) assert.equal(path, WEBHOOK_PATH);
    for (const sent of EVENTS) {
      const bodies = statsig.requests.map(({ body }) => body).filter(isJsonObject);
      const arrived = bodies.filter(({ messageId }) => messageId === sent.messageId);
      const stored = jobs.find(({ messageId }) => messageId === sent.messageId)?.payload;
      assert.deepEqual(arrived, [stored], `${sent.messageId} as rudder-server stored it`);
      for (const [field, value] of Object.entries(sent))
        assert.deepEqual(arrived[0]?.[field], value, `${field} of ${sent.messageId}`);
    }
    return `${EVENTS.length} messages of all types arrived one per request at ${WEBHOOK_PATH}, each equal to what rudder-server stored`;
  },
};
