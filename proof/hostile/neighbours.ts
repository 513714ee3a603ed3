// Attempts of one workspace's sender to reach another workspace, and of outsiders to look like insiders.

import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TwinRequest, twinRequests } from '../../testkit/twin-requests.js';
import { prove } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { describeAll, type HostileAnswer, send } from './request.js';
import type { HostileRig } from './rig.js';

/** Bytes of the largest body that twins send. */
const TWIN_BYTES = 20_000;

/** Requests whose time is taken. */
const ROUNDS = 41;

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

async function answerTo(rig: HostileRig, { method, path, headers, body }: TwinRequest, id: string): Promise<string> {
  const named = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
  const own = Object.fromEntries(named.filter(([name]) => name !== 'Content-Length'));
  const { status, text } = await send(rig, { method, path: path(id), headers: own, body });
  return `${status} ${text}`.replaceAll(path(id).replace(/\?.*/, ''), 'PATH');
}

/** What is not told apart cannot be counted through. */
const guessing: Attempt = {
  what: 'asking with a wrong proof which workspaces exist',
  promise: 'the answer to a workspace that exists is that to one that does not',
  async run(rig) {
    const different: string[] = [];
    const requests = twinRequests(TWIN_BYTES);
    for (const request of requests) {
      const nowhere = await answerTo(rig, request, 'nobody');
      for (const id of ['acme', 'headed', 'open', 'plain', 'bare'])
        if ((await answerTo(rig, request, id)) !== nowhere) different.push(`${request.what}: ${id}`);
    }
    return {
      seen: `${requests.length} requests, ${different.length} answers differ: ${different.slice(0, 3).join('; ')}`,
      held: different.length === 0,
    };
  },
};

/** Milliseconds that an answer takes at the median. Alternated, so that the machine's day is the same for both. */
async function mediansOf(rig: HostileRig, paths: readonly string[], body: Buffer): Promise<readonly number[]> {
  const headers = { 'X-Signature': '0'.repeat(40) };
  const times = paths.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, path] of paths.entries()) {
      const start = performance.now();
      await send(rig, { path, body, headers });
      times[index]?.push(performance.now() - start);
    }
  return times.map((each) => each.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0);
}

const timing: Attempt = {
  what: 'timing which workspaces exist, with wrong signatures of a megabyte',
  promise: 'one that does not exist takes as long to refuse, give or take a third',
  // A machine with much to do tells nothing of times.
  isLong: true,
  async run(rig) {
    const event = Buffer.from(JSON.stringify([{ ...EVENT, properties: { text: 'x'.repeat(1_000_000) } }]));
    const [there = 0, nowhere = 0] = await mediansOf(rig, ['/segment/acme', '/segment/nobody'], event);
    const ratio = Math.max(there, nowhere) / Math.min(there, nowhere);
    return { seen: `${there.toFixed(2)} and ${nowhere.toFixed(2)} ms`, held: ratio < 1.33 };
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
      // Another machine asks by another name.
      held: statuses.every((status) => status === 401 || status === 403) && own === 200,
    };
  },
};

const spoofedIp: Attempt = {
  what: 'an event of a browser with X-Forwarded-For, Forwarded or X-Real-IP of somebody else',
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
      { Forwarded: 'for=203.0.113.7' },
      { 'X-Real-IP': '203.0.113.7' },
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
  attempts: [crossed, writeKeys, guessing, timing, spoofedIp, forwarded],
};
