// Attempts of one workspace's sender to reach another workspace, and of outsiders to look like insiders.

import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { prove } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { describeAll, type HostileAnswer, send } from './request.js';
import type { HostileRig } from './rig.js';

const EVENT = { type: 'track', event: 'Visited', userId: 'user-42' };

function basic(user: string): Readonly<Record<string, string>> {
  return { Authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` };
}

/** Keys that Statsig was sent events with since then. */
function keysSince(rig: HostileRig, before: number): readonly string[] {
  return [...new Set(rig.asked.slice(before).map(({ headers }) => String(headers['statsig-api-key'])))];
}

const crossed: Attempt = {
  what: "one workspace's API key, header secret or signature at another one's path",
  promise: '401 or 404; nothing is stored in either',
  async run(rig) {
    const before = rig.asked.length;
    const body = Buffer.from(JSON.stringify(EVENT));
    const bySegment = Object.fromEntries(prove('segment', 'right', body));
    const byStatsig = Object.fromEntries(prove('statsig', 'right', body));
    const answers = [
      await send(rig, { path: '/segment/acme', body, headers: basic('api-headed') }),
      await send(rig, { path: '/segment/open', body, headers: basic('api-headed') }),
      await send(rig, { path: '/segment/nobody', body, headers: basic('api-headed') }),
      await send(rig, { path: '/segment/acme', body, headers: { 'X-Statsig-Cdp-Secret': 'header-headed' } }),
      await send(rig, { path: '/segment/headed', body, headers: bySegment }),
      await send(rig, { path: '/statsig/headed', body, headers: byStatsig }),
      await send(rig, { path: '/segment/acme', body, headers: byStatsig }),
      await send(rig, { path: '/statsig/acme', body, headers: bySegment }),
      await send(rig, {
        path: '/segment/acme/audiences/create',
        body: { audienceName: 'vip', secret: 'header-headed' },
      }),
      await send(rig, { path: '/segment/bare', body }),
      await send(rig, { path: '/statsig/bare', body }),
    ];
    await sleep(200);
    const held = answers.every(({ status }) => status >= 401 && status <= 404) && rig.asked.length === before;
    return { seen: describeAll(answers), held };
  },
};

/** The key alone decides; what else the call names does not. */
const writeKeys: Attempt = {
  what: 'a write key beside the names, ids and keys of another workspace',
  promise: "the event goes to the key's own workspace alone",
  async run(rig) {
    const before = rig.asked.length;
    const event = {
      ...EVENT,
      workspaceId: 'acme',
      workspace: 'acme',
      id: 'acme',
      secretKey: 'secret-acme',
      projectId: 'acme',
    };
    const answers = [
      await send(rig, {
        path: '/v1/track?writeKey=write-acme',
        body: { ...event, writeKey: 'write-open' },
        headers: basic('write-acme'),
      }),
      await send(rig, {
        path: '/v1/batch',
        body: { writeKey: 'write-open', batch: [event], context: { writeKey: 'write-acme' } },
        headers: { Authorization: 'Bearer write-acme' },
      }),
    ];
    await sleep(500);
    const keys = keysSince(rig, before);
    return {
      seen: `${describeAll(answers)}; Statsig was called with ${keys.length === 0 ? 'no key' : keys.join(', ')}`,
      held: answers.every(({ status }) => status === 200) && keys.length === 0,
    };
  },
};

/** What is not told apart can not be counted through. */
const guessing: Attempt = {
  what: 'asking with a wrong proof which workspaces exist',
  promise: 'the answer to a workspace that exists is that to one that does not',
  async run(rig) {
    const body = JSON.stringify(EVENT);
    const heads = [
      {},
      { 'X-Signature': '0'.repeat(40) },
      { 'X-Statsig-Cdp-Secret': 'x' },
      basic('x'),
      { 'X-Statsig-Signature': `v0=${'0'.repeat(64)}`, 'X-Statsig-Request-Timestamp': '1' },
    ];
    const different: string[] = [];
    for (const headers of heads) {
      for (const path of ['/segment/', '/statsig/']) {
        const there = await send(rig, { path: `${path}acme`, body, headers });
        const nowhere = await send(rig, { path: `${path}nobody`, body, headers });
        if (there.text !== nowhere.text || there.status !== nowhere.status)
          different.push(`${path} ${Object.keys(headers)}`);
      }
    }
    return {
      seen: different.length === 0 ? 'the same' : `different: ${different.join('; ')}`,
      held: different.length === 0,
    };
  },
};

/** An address of this machine that is not loopback; `undefined` where there is none. */
function outerAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === 'IPv4')?.address;
}

function getFrom(rig: HostileRig, host: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request({ host, port: rig.port, path: '/api/dead-letters', headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('error', () => resolve(0));
    outgoing.end();
  });
}

const LOCAL = ['127.0.0.1', '::1', 'localhost'];

const forwarded: Attempt = {
  what: '/api from another machine, with headers that say it is this one',
  promise: 'without ADMIN_TOKEN /api is for this machine alone, whatever a header says',
  async run(rig) {
    const outer = outerAddress();
    if (outer === undefined) return { seen: 'not tried: this machine has no other address', held: true };
    const statuses: number[] = [];
    for (const name of [
      'X-Forwarded-For',
      'X-Real-IP',
      'Forwarded',
      'X-Client-IP',
      'CF-Connecting-IP',
      'True-Client-IP',
      'X-Originating-IP',
    ])
      for (const address of LOCAL)
        statuses.push(
          await getFrom(rig, outer, {
            [name]: name === 'Forwarded' ? `for=${address}` : address,
            Authorization: `Bearer ${rig.adminToken()}`,
          }),
        );
    const own = await getFrom(rig, '127.0.0.1', { Authorization: `Bearer ${rig.adminToken()}` });
    return {
      seen: `from outside ${[...new Set(statuses)].join(', ')}; from this machine ${own}`,
      held: statuses.every((status) => status === 401) && own === 200,
    };
  },
};

const spoofedIp: Attempt = {
  what: 'an event of a browser with X-Forwarded-For of somebody else',
  promise: 'the address is not taken for the user',
  async run(rig) {
    const answers: HostileAnswer[] = [];
    const before = rig.bodies.length;
    const event = {
      ...EVENT,
      writeKey: 'write-acme',
      event: 'Spoofed',
      context: { library: { name: 'analytics.js' } },
    };
    for (const headers of [
      { 'X-Forwarded-For': '203.0.113.7' },
      { 'X-Forwarded-For': '' },
      { 'X-Forwarded-For': '::ffff:203.0.113.7, 127.0.0.1' },
    ])
      answers.push(await send(rig, { path: '/v1/track', body: event, headers }));
    for (let waited = 0; waited < 40 && !rig.bodies.slice(before).some((text) => text.includes('Spoofed')); waited++)
      await sleep(100);
    const stored = rig.bodies
      .slice(before)
      .filter((text) => text.includes('Spoofed'))
      .join('');
    return {
      seen: `${describeAll(answers)}; ${stored.includes('203.0.113.7') ? 'taken' : 'not taken'}`,
      held: stored !== '' && !stored.includes('203.0.113.7'),
    };
  },
};

/** Workspaces of others. */
export const HOSTILE_NEIGHBOURS: AttemptGroup = {
  title: "Other people's workspaces",
  options: { environment: { ADMIN_TOKEN: '', HOST: '0.0.0.0' } },
  attempts: [crossed, writeKeys, guessing, spoofedIp, forwarded],
};
