// Attempts of somebody who reaches the public port alone to have, reach or shape what is not public.

import { setTimeout as sleep } from 'node:timers/promises';
import { declaredPaths } from '../../testkit/routes.js';
import { prove } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { converse, writeHead } from './connection.js';
import { insiderHeaders, SEGMENT_PATH } from './insider.js';
import { describeAll, type HostileAnswer, send } from './request.js';
import type { HostileRig } from './rig.js';

/** What the settings documents hold, and what tells of them. */
const TOLD = /secret-|console-|shared-|signing-|header-headed|target-|workspace="|(?<!api\/)settings\/|env:/;

const ELEMENT = {
  message: { type: 'track', event: 'Visited', userId: 'user-42' },
  metadata: { jobId: 1 },
  destination: { ID: 'dest-acme', WorkspaceID: 'ws-acme', Config: {} },
};

const PRIVATE_PATHS = declaredPaths().flatMap(({ listener, path }) => (listener === 'private' ? [path] : []));

function isNowhere({ status, code }: HostileAnswer): boolean {
  return status === 404 && code === 'ROUTE_UNKNOWN';
}

/** Requests that Statsig, Segment and the transformer got since then, but for the one that the start makes. */
function passedOn(rig: HostileRig, before: number): number {
  return rig.asked.slice(before).filter(({ line }) => line !== 'GET /features').length;
}

const keys: Attempt = {
  what: "a document's keys, by transforms, proxy deliveries and deletions that name its destination and workspace",
  promise: '404 on every route; no key comes back or goes anywhere',
  async run(rig) {
    const before = rig.asked.length;
    const answers: HostileAnswer[] = [];
    for (const path of PRIVATE_PATHS)
      for (const body of [
        [ELEMENT],
        { input: [ELEMENT], destType: 'statsig' },
        [{ ...ELEMENT, destination: { ...ELEMENT.destination, Config: { eventsUrl: rig.canaryUrl } } }],
        [{ destType: 'statsig', config: {}, userAttributes: [{ userId: 'u' }] }],
      ])
        answers.push(await send(rig, { path, body }));
    return {
      seen: `${describeAll(answers)}; the targets were called ${passedOn(rig, before)} times`,
      held: answers.every((each) => isNowhere(each) && !TOLD.test(each.text)) && passedOn(rig, before) === 0,
    };
  },
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH', 'PURGE'];

const ODD_PATHS = [
  ...PRIVATE_PATHS,
  '/v0/destinations/webhook',
  '/customTransform',
  '/v1/trak',
  '/V1/track',
  '/v1/track/../../metrics',
  '/v1/tr%61ck/x',
  '//metrics',
  '/./readyz',
  '/%72eadyz',
  '/readyz/',
  '/readyz?x',
  '/readyz;x',
  '/segment/../readyz',
  '/statsig/acme/x',
  '/segment',
];

const paths: Attempt = {
  what: `${ODD_PATHS.length} private, mistyped and disguised paths, by ${METHODS.length} methods`,
  promise: '404 or, for /segment, 401, and 405 by another method; the transformer behind gets none of them',
  async run(rig) {
    const before = rig.asked.length;
    const answers: HostileAnswer[] = [];
    for (const path of ODD_PATHS)
      for (const method of METHODS) answers.push(await send(rig, { method, path, body: '{"destType":"webhook"}' }));
    const held = answers.every(
      (each) => (isNowhere(each) || each.status === 401 || each.status === 405) && !TOLD.test(each.text),
    );
    return {
      seen: `${describeAll(answers)}; passed on: ${passedOn(rig, before)}`,
      held: held && passedOn(rig, before) === 0,
    };
  },
};

const headers: Attempt = {
  what: 'paths and hosts in headers and absolute targets, a second request behind the first',
  promise: 'they lead nowhere else',
  async run(rig) {
    const before = rig.asked.length;
    const answers: HostileAnswer[] = [];
    for (const name of [
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Path',
      'X-Forwarded-Prefix',
      'X-HTTP-Method-Override',
    ])
      answers.push(await send(rig, { method: 'GET', path: '/nowhere', headers: { [name]: '/readyz' } }));
    answers.push(await send(rig, { method: 'GET', path: `${rig.privateUrl}/readyz` }));
    answers.push(await send(rig, { method: 'GET', path: '/readyz', headers: { Host: new URL(rig.privateUrl).host } }));
    const second = writeHead(rig, [], 'GET', '/metrics');
    const { answers: conversation } = await converse(rig, writeHead(rig, [], 'GET', '/healthz') + second, {
      expected: 2,
    });
    const texts = conversation.map(({ body }) => body.toString()).join('');
    return {
      seen: `${describeAll(answers)}; ${conversation.map(({ status }) => status).join(' and ')} in a row`,
      held:
        answers.every(isNowhere) && !TOLD.test(texts) && conversation[1]?.status === 404 && passedOn(rig, before) === 0,
    };
  },
};

const health: Attempt = {
  what: 'reading the health answer',
  promise: 'one word, no version, no reason',
  async run(rig) {
    const { status, text } = await send(rig, { method: 'GET', path: '/healthz' });
    return { seen: `${status} ${text}`, held: status === 200 && text === '{"status":"ok"}' };
  },
};

/** A line of `dead-letters list` and the characters that would make it one. */
const FORGED =
  'x\u001b[2K\u009b1A\r\n\u202e\u2028forged-key\t2026-01-01T00:00:00.000Z\theaded\tstatsig\trejected\t1 attempts\tInnocent';

const terminal: Attempt = {
  what: "an event whose name is a line of the dead letters' list, with characters that command a terminal",
  promise: 'every character of them is escaped in /api, /readyz and the log',
  async run(rig) {
    // Statsig refuses it in words of the same kind.
    rig.answerWith((_request, response) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: FORGED }));
    });
    const body = Buffer.from(JSON.stringify({ type: 'track', event: FORGED, userId: FORGED, messageId: 'forged' }));
    const answer = await send(rig, { path: SEGMENT_PATH, body, headers: insiderHeaders(SEGMENT_PATH, body) });
    const ask = async (path: string) =>
      (await fetch(rig.privateUrl + path, { headers: Object.fromEntries(prove('admin', 'right', body)) })).text();
    let letters = '';
    for (let waited = 0; waited < 100 && letters === ''; waited += 1) {
      letters = await ask('/api/dead-letters');
      await sleep(50);
    }
    rig.answerWith(undefined);
    const shown = letters + (await ask('/readyz')) + rig.errors.join('\n');
    const found = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.exec(shown)?.[0];
    return {
      seen: `${describeAll([answer])}; ${letters.split('\n').length - 1} lines; ${found === undefined ? 'all escaped' : `not escaped: ${JSON.stringify(found)}`}`,
      held: answer.status === 200 && letters.trimEnd().split('\n').length === 1 && found === undefined,
    };
  },
  mayLog: true,
};

/** Who reaches the public port alone. */
export const HOSTILE_OUTSIDE: AttemptGroup = {
  title: 'The public port',
  options: { environment: { PUBLIC_PORT: '0' }, hasUpstream: true },
  attempts: [keys, paths, headers, health, terminal],
};
