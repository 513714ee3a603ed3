// Signatures and secrets that are nearly right.

import { createHmac } from 'node:crypto';
import { ADMIN_TOKEN } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { describeAll, type HostileAnswer, type HostileRequest, send } from './request.js';
import type { HostileRig } from './rig.js';

const EVENT = { type: 'track', event: 'Forged', userId: 'user-42' };
const SEGMENT_BODY = JSON.stringify(EVENT);
const STATSIG_BODY = JSON.stringify([{ eventName: 'Forged', userID: 'user-42' }]);

const sha1 = (secret: string, body: string) => createHmac('sha1', secret).update(body).digest('hex');
const sha256 = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

async function sendEach(rig: HostileRig, requests: readonly HostileRequest[]): Promise<readonly HostileAnswer[]> {
  const answers: HostileAnswer[] = [];
  for (const request of requests) answers.push(await send(rig, request));
  return answers;
}

function refused(what: string, requestsOf: (rig: HostileRig) => readonly HostileRequest[]): Attempt {
  return {
    what,
    promise: '401 or 403; nothing is stored',
    async run(rig) {
      const before = rig.asked.length;
      const answers = await sendEach(rig, requestsOf(rig));
      const held = answers.every(({ status }) => status === 401 || status === 403) && rig.asked.length === before;
      return { seen: describeAll(answers), held };
    },
  };
}

const right = sha1('shared-acme', SEGMENT_BODY);

const segment = refused(
  "Segment's signatures: of another body, another secret, another algorithm, cut, repeated, none",
  () =>
    [
      sha1('shared-acme', `${SEGMENT_BODY} `),
      sha1('shared-acme', ''),
      sha1('', SEGMENT_BODY),
      sha1('shared-other', SEGMENT_BODY),
      sha1('acme', SEGMENT_BODY),
      sha256('shared-acme', SEGMENT_BODY),
      right.slice(0, 39),
      `${right}0`,
      `${right},${right}`,
      `sha1=${right}`,
      ` ${right.slice(1)}`,
      '0'.repeat(40),
      'shared-acme',
      Buffer.from(right, 'hex').toString('base64'),
      '',
    ].map((signature) => ({ path: '/segment/acme', body: SEGMENT_BODY, headers: { 'X-Signature': signature } })),
);

const changedBodies = refused('a right signature of Segment over a body that was changed by a byte', () =>
  [
    `${SEGMENT_BODY}\n`,
    SEGMENT_BODY.replace('user-42', 'user-43'),
    `[${SEGMENT_BODY.replace('42', '43')},${SEGMENT_BODY}]`,
    `\ufeff${SEGMENT_BODY}`,
  ].map((body) => ({ path: '/segment/acme', body, headers: { 'X-Signature': right } })),
);

function statsigRequest(signature: string, timestamp: string, body = STATSIG_BODY): HostileRequest {
  return {
    path: '/statsig/acme',
    body,
    headers: { 'X-Statsig-Signature': signature, 'X-Statsig-Request-Timestamp': timestamp },
  };
}

const statsig = refused(
  "Statsig's signatures: of another body, time, secret or version, too old, too new, cut, none",
  () => {
    const now = String(Date.now());
    const sign = (timestamp: string, secret = 'signing-acme', body = STATSIG_BODY) =>
      sha256(secret, `v0:${timestamp}:${body}`);
    const old = String(Date.now() - 301_000);
    const ahead = String(Date.now() + 301_000);
    return [
      statsigRequest(`v0=${sign(now)}`, String(Number(now) + 1)),
      statsigRequest(`v0=${sign(now)}`, `0${now}`),
      statsigRequest(`v0=${sign(now)}`, `${now}.0`),
      statsigRequest(`v0=${sign(now)}`, now, `${STATSIG_BODY} `),
      statsigRequest(`v0=${sign(now, 'signing-headed')}`, now),
      statsigRequest(`v0=${sign(now, '')}`, now),
      statsigRequest(`v1=${sign(now)}`, now),
      statsigRequest(sign(now), now),
      statsigRequest(`v0=${sign(now).slice(0, 63)}`, now),
      statsigRequest(`v0=${sha256('signing-acme', STATSIG_BODY)}`, now),
      statsigRequest(`v0=${sign(old)}`, old),
      statsigRequest(`v0=${sign(ahead)}`, ahead),
      statsigRequest(`v0=${sign('NaN')}`, 'NaN'),
      statsigRequest(`v0=${sign('0')}`, '0'),
      statsigRequest(`v0=${sign('9999999999999999')}`, '9999999999999999'),
      statsigRequest('', now),
      { path: '/statsig/acme', body: STATSIG_BODY },
    ];
  },
);

const secrets = refused('static secrets, API keys and tokens: cut, longer, in other case, padded, of no length', () => {
  const basic = (user: string) => `Basic ${Buffer.from(user).toString('base64')}`;
  const near = [
    'header-heade',
    'header-headedx',
    'HEADER-HEADED',
    'header-headed\t x',
    'undefined',
    'null',
    '*',
    '__proto__',
  ];
  const tokens = [
    ADMIN_TOKEN.slice(1),
    `${ADMIN_TOKEN}x`,
    ADMIN_TOKEN.toUpperCase(),
    '',
    'undefined',
    `${ADMIN_TOKEN},`,
  ];
  return [
    ...near.map((secret) => ({
      path: '/segment/headed',
      body: SEGMENT_BODY,
      headers: { 'X-Statsig-Cdp-Secret': secret },
    })),
    ...near.map((secret) => ({
      path: '/segment/headed',
      body: SEGMENT_BODY,
      headers: { Authorization: `Bearer ${secret}` },
    })),
    ...near.map((secret) => ({ path: '/segment/headed/audiences/get', body: { externalId: 'abc', secret } })),
    ...['api-headed', 'api-headedx:', ':api-headed', 'api-headed:x', 'API-HEADED:', ':'].map((user) => ({
      path: '/segment',
      body: SEGMENT_BODY,
      headers: { Authorization: basic(user) },
    })),
    ...['write-acm', 'WRITE-ACME', 'write-acme ', '', '__proto__'].map((writeKey) => ({
      path: '/v1/track',
      body: { ...EVENT, writeKey },
    })),
    ...tokens.map((token) => ({
      method: 'GET',
      path: '/api/dead-letters',
      headers: { Authorization: `Bearer ${token}` },
    })),
    ...tokens.map((token) => ({ method: 'GET', path: '/api/dead-letters', headers: { Authorization: token } })),
  ];
});

/** The other things a secret may be in JSON. */
const typedSecrets = refused('secrets in the body that are no text', () =>
  [true, 1, null, {}, [], ['header-headed'], { toString: 'header-headed' }].map((secret) => ({
    path: '/segment/headed/audiences/create',
    body: { audienceName: 'vip', secret },
  })),
);

/** Rounds, each with the two kinds in turn, so that what else the machine does hits both. */
const ROUNDS = 400;

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

/** No proof: the network and the machine hide what such a test could find. */
const timing: Attempt = {
  what: 'the time of a signature that is wrong in its first byte, and in its last',
  promise: 'medians within a third of each other (a smoke test)',
  isLong: true,
  async run(rig) {
    const flip = (index: number) => right.slice(0, index) + (right[index] === '0' ? '1' : '0') + right.slice(index + 1);
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [kind, index] of [0, 39].entries()) {
        const start = performance.now();
        await send(rig, { path: '/segment/acme', body: SEGMENT_BODY, headers: { 'X-Signature': flip(index) } });
        times[kind === 0 ? 0 : 1].push(performance.now() - start);
      }
    }
    const [first, last] = [median(times[0]), median(times[1])];
    return {
      seen: `${first.toFixed(3)} ms and ${last.toFixed(3)} ms`,
      held: Math.max(first, last) < 1.33 * Math.min(first, last),
    };
  },
};

/** Proofs that are nearly right. */
export const HOSTILE_FORGERY: AttemptGroup = {
  title: 'Forged signatures and secrets',
  attempts: [segment, changedBodies, statsig, secrets, typedSecrets, timing],
};
