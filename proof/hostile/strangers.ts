// Attempts of strangers, and of those who have seen a signature or a public key, to delete, to change lists, to use up ids and to fill the log.

import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { prove } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { converse } from './connection.js';
import { describeAll, type HostileAnswer, send } from './request.js';
import type { HostileRig } from './rig.js';

const PERSON = 'waiting-person';
const DELETION = { type: 'delete', userId: PERSON };
const ORDER = { type: 'track', event: 'Ordered', userId: PERSON };
const ENTERS = {
  type: 'identify',
  userId: PERSON,
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};

const WORKSPACES = ['acme', 'headed', 'open', 'dry', 'outgoing', 'plain', 'bare'];
const WAITING = 5;
/** More than changes of a list wait for each other. */
const LIST_MS = 2_500;
const MOST_MS = 30_000;

async function until(isSo: () => boolean): Promise<boolean> {
  const deadline = performance.now() + MOST_MS;
  while (!isSo() && performance.now() < deadline) await sleep(50);
  return isSo();
}

/** Posts events out of Statsig, signed. */
function postOut(rig: HostileRig, events: readonly object[]): Promise<HostileAnswer> {
  const body = Buffer.from(JSON.stringify(events));
  return send(rig, { path: '/statsig/outgoing', body, headers: Object.fromEntries(prove('statsig', 'right', body)) });
}

/** Calls since then that delete somebody or change a list. */
function harmSince(rig: HostileRig, before: number): readonly string[] {
  return rig.asked.slice(before).flatMap(({ line }) => (/delete_user_data|id_list/.test(line) ? [line] : []));
}

function describeHarm(harm: readonly string[]): string {
  return harm.length === 0 ? 'no call' : harm.join(', ');
}

const deletions: Attempt = {
  what: 'deletions and changes of lists from strangers, to every workspace, while calls of that person wait',
  promise: 'refused; what waits arrives; no user is deleted, no list is changed',
  mayLog: true,
  async run(rig) {
    const before = rig.asked.length;
    rig.answerWith((request, response) => {
      request.resume();
      request.once('end', () => response.writeHead(503).end());
    });
    const names = Array.from({ length: WAITING }, () => `Waited ${randomUUID()}`);
    await postOut(
      rig,
      names.map((eventName) => ({ eventName, userID: PERSON, timestamp: Date.now(), timeUUID: randomUUID() })),
    );
    const answers: HostileAnswer[] = [];
    for (const workspace of WORKSPACES)
      for (const body of [DELETION, ENTERS, [DELETION], [{ json: DELETION }, { json: ENTERS }]])
        answers.push(await send(rig, { path: `/segment/${workspace}`, body }));
    await sleep(LIST_MS);
    rig.answerWith(undefined);
    const arrived = () => names.filter((name) => rig.bodies.some((text) => text.includes(name))).length;
    const allArrived = await until(() => arrived() === WAITING);
    const harm = harmSince(rig, before);
    const isRefused = answers.every(({ status, text }) => status >= 401 || /"accepted":0/.test(text));
    return {
      seen: `${describeAll(answers)}; ${arrived()} of ${WAITING} arrived; ${describeHarm(harm)}`,
      held: isRefused && allArrived && harm.length === 0,
    };
  },
};

const captured: Attempt = {
  what: 'deletions and changes of lists behind the signed first event of a batch, seen once',
  promise: 'PROOF_INSUFFICIENT for each, and what to do; the ordinary events beside them are taken',
  mayLog: true,
  async run(rig) {
    const before = rig.asked.length;
    const seen = { ...ORDER, messageId: randomUUID(), timestamp: '2020-01-02T03:04:05.000Z' };
    const signature = createHmac('sha1', 'shared-acme').update(JSON.stringify(seen)).digest('hex');
    const answer = await send(rig, {
      path: '/segment/acme',
      body: [seen, DELETION, ENTERS, { ...ENTERS, traits: { vip: false } }, ORDER],
      headers: { 'X-Signature': signature },
    });
    await sleep(LIST_MS);
    const harm = harmSince(rig, before);
    const refused = answer.text.match(/"code":"PROOF_INSUFFICIENT"/g)?.length ?? 0;
    return {
      seen: `${answer.status}, ${refused} of 3 refused; ${describeHarm(harm)}`,
      held: answer.status === 200 && refused === 3 && /"accepted":2/.test(answer.text) && harm.length === 0,
    };
  },
};

const burning: Attempt = {
  what: "ids of webhooks, of deletions and of calls out of Statsig, sent before with a web page's write key",
  promise: 'what comes with them is no duplicate',
  async run(rig) {
    const id = randomUUID();
    const batch = [id, `${id}:outgoing:s`].map((messageId) => ({ ...ORDER, event: 'Burnt', messageId }));
    for (const writeKey of ['write-acme', 'write-open'])
      await send(rig, { path: '/v1/batch', body: { writeKey, batch } });
    const signed = (event: object) => {
      const body = Buffer.from(JSON.stringify(event));
      return send(rig, { path: '/segment/acme', body, headers: Object.fromEntries(prove('segment', 'right', body)) });
    };
    const answers = [
      await signed({ ...ORDER, messageId: id }),
      await signed({ type: 'delete', userId: `nobody-${id}`, messageId: id }),
      await postOut(rig, [{ eventName: 'Bought', userID: PERSON, timestamp: Date.now(), timeUUID: id }]),
    ];
    const duplicates = answers.filter(({ text }) => /"result":"duplicate"|"duplicates":1/.test(text)).length;
    return { seen: `${describeAll(answers)}; ${duplicates} duplicates`, held: duplicates === 0 };
  },
};

/** Keys of the settings, and one that looks like Statsig's. */
const KEYS = ['header-headed', 'shared-acme', 'write-acme', 'target-acme', 'console-ofsomeoneelse'];
const FLOODS = [20, 200];
/** Of all rows in a minute, which may begin while it lasts; and a line for each kind of what is no request. */
const MOST_LINES = 2 * 60 + 4;

async function flood(rig: HostileRig, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const key = KEYS[index % KEYS.length] ?? '';
    const headers = { 'User-Agent': `${key} flood-${index}`, Authorization: `Bearer ${key}` };
    for (const path of [`/segment/${key}`, `/segment/flood-${index}`, `/flood-${index}/${key}`, '/statsig/outgoing'])
      await send(rig, { path, headers, body: [ORDER], method: index % 3 === 0 ? 'PUT' : 'POST' });
    await converse(rig, `flood-${index} ${key}\r\n\r\n`);
  }
}

/** The series of refusals. */
async function readSeries(rig: HostileRig): Promise<readonly string[]> {
  const samples = await (await fetch(`${rig.privateUrl}/metrics`)).text();
  return samples.match(/^statsig_cdp_refused_total\{[^}]*\}/gm) ?? [];
}

const flooding: Attempt = {
  what: 'hundreds of requests with keys and names that are made up, in paths and headers, and bytes that are no HTTP',
  promise:
    'no key in log and metrics, no label that is made up, no series more for ten times as many; 60 lines a minute',
  mayLog: true,
  async run(rig) {
    const before = rig.warnings.length;
    const series: (readonly string[])[] = [];
    for (const count of FLOODS) {
      await flood(rig, count);
      series.push(await readSeries(rig));
    }
    const [few = [], many = []] = series;
    const lines = rig.warnings.slice(before);
    const shown = KEYS.filter((key) => [...lines, ...many].some((text) => text.includes(key)));
    const isMadeUp = many.some((text) => text.includes('flood'));
    return {
      seen: `${lines.length} lines, ${few.length} and ${many.length} series; keys shown: ${shown.join(', ') || 'none'}`,
      held:
        shown.length === 0 && !isMadeUp && few.length > 0 && few.length === many.length && lines.length <= MOST_LINES,
    };
  },
};

/** Strangers, and those who have seen a proof. */
export const HOSTILE_STRANGERS: AttemptGroup = {
  title: 'Strangers and captured proofs',
  attempts: [deletions, captured, burning, flooding],
};
