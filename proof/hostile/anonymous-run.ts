// Lets one anonymous attacker after the other at a process, and looks after each what became of the process and of all that is others'.

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../testkit/random.js';
import { type Attack, MARK, makeAttack, type Shot } from './anonymous-attacks.js';
import { type AnonymousRig, NOWHERE, PRIVATE_WORDS, startAnonymousRig } from './anonymous-rig.js';

/** How much is tried. */
export interface AnonymousOptions {
  readonly seed: number;
  /** Attackers. */
  readonly rounds: number;
  /** Milliseconds before each attack in which others are watched without one. */
  readonly calmMs: number;
  /** By how much longer than without an attack others may wait, in milliseconds, where the machine has nothing else to do. */
  readonly patienceMs?: number;
}

/** What was seen. */
export interface AnonymousOutcome {
  readonly rounds: number;
  /** Milliseconds that others waited between the attacks, and meanwhile. */
  readonly calmP99: number;
  readonly attackedP99: number;
  /** The kind of attack in which others waited longest, by the p99 of its rounds. */
  readonly slowest: { readonly name: string; readonly p99: number };
  /** How much longer than its processor time work takes on this machine now. */
  readonly strain: number;
  /** Of the attacker that cost most, in milliseconds of processor time, others' requests included. */
  readonly dearest: { readonly name: string; readonly processorMs: number };
  readonly answers: ReadonlyMap<string, number>;
  readonly broken: readonly string[];
}

const ANSWER_MS = 4_000;
const UNFINISHED_MS = 1_000;
const MAX_ANSWER = 200_000;
const DEFAULT_PATIENCE_MS = 250;
const BEAT_MS = 10;

/** All that comes back on a connection; what is not over in time is left. */
function fire(port: number, bytes: Buffer, patienceMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const over = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(over, patienceMs);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.length > MAX_ANSWER) over();
    });
    socket.on('error', over).on('end', over).on('close', over);
    socket.write(bytes);
  });
}

/** An answer without what differs from one second to the next. */
function comparable(answer: string, name: string): string {
  return answer
    .replaceAll(name, '*')
    .replace(/^Date: .*$/im, '')
    .replace(/^Content-Length: .*$/im, '');
}

async function fireShot(
  rig: AnonymousRig,
  { bytes, twin, isUnfinished = false }: Shot,
): Promise<{ answer: string; broken: string[] }> {
  const answer = await fire(rig.publicPort, bytes, isUnfinished ? UNFINISHED_MS : ANSWER_MS);
  const broken = PRIVATE_WORDS.filter((word) => answer.includes(word) && !bytes.includes(word)).map(
    (word) => `an answer holds ${word}: ${answer.slice(0, 300)}`,
  );
  if (twin !== undefined) {
    const named = rig.workspaces.find((name) => bytes.includes(name)) ?? NOWHERE;
    const other = await fire(rig.publicPort, twin, ANSWER_MS);
    if (comparable(answer, named) !== comparable(other, NOWHERE))
      broken.push(
        `a workspace that exists is told from one that does not: ${bytes.toString('latin1', 0, 200)} -> ${answer.slice(0, 200)} / ${other.slice(0, 200)}`,
      );
  }
  return { answer, broken };
}

interface Waits {
  readonly times: number[];
  readonly failures: string[];
  stop(): Promise<void>;
}

/** Requests of others, one after the other on two lines. */
function startOthers(rig: AnonymousRig, start: number): Waits {
  const times: number[] = [];
  const failures: string[] = [];
  let isOver = false;
  let turn = start;
  const line = async () => {
    while (!isOver && rig.ended() === undefined) {
      const begun = performance.now();
      turn += 1;
      await rig.other(turn).catch((error: unknown) => failures.push(String(error)));
      times.push(performance.now() - begun);
      await sleep(BEAT_MS);
    }
  };
  const lines = [line(), line()];
  return {
    times,
    failures,
    async stop() {
      isOver = true;
      await Promise.all(lines);
    },
  };
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}

const STRAIN_SAMPLE_US = 10_000;

/** How much longer than its processor time work takes now: of a machine that has other work everything takes longer, the attack and what suffers from it. */
function measureStrain(): number {
  const start = performance.now();
  const before = process.cpuUsage();
  const spent = () => process.cpuUsage(before).user + process.cpuUsage(before).system;
  while (spent() < STRAIN_SAMPLE_US);
  return (performance.now() - start) / (spent() / 1000);
}

/** Calls without a right. */
function unproven(sent: readonly string[]): string[] {
  return sent
    .filter((line) => line.includes(MARK) && !line.includes(`PUBLIC-${MARK}`))
    .concat(
      sent.filter((line) => line.includes('delete_user_data') || (line.includes('id_list') && line.includes(MARK))),
    )
    .map((line) => `sent without a right: ${line.slice(0, 200)}`);
}

function statusOf(answer: string): string {
  return /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none';
}

async function round(rig: AnonymousRig, attack: Attack, answers: Map<string, number>): Promise<string[]> {
  const before = await rig.counts();
  const sentBefore = rig.sent.length;
  const shots = await Promise.all(attack.shots.map((shot) => fireShot(rig, shot)));
  for (const { answer } of shots) answers.set(statusOf(answer), (answers.get(statusOf(answer)) ?? 0) + 1);
  const broken = shots.flatMap((shot) => shot.broken);
  const how = rig.ended();
  if (how !== undefined) return [...broken, `THE PROCESS ENDED: ${how}`];
  const after = await rig.counts();
  if (after.waiting < before.waiting) broken.push(`${before.waiting - after.waiting} waiting events are gone`);
  if (after.dead < before.dead) broken.push(`${before.dead - after.dead} dead letters are gone`);
  if (rig.canaryCalls() > 0) broken.push('an address that an attacker named was called');
  return [...broken, ...unproven(rig.sent.slice(sentBefore))];
}

/** Times by the name of what they were measured in. */
class Times {
  readonly #times = new Map<string, number[]>();

  add(name: string, times: readonly number[]): void {
    const known = this.#times.get(name) ?? [];
    known.push(...times);
    this.#times.set(name, known);
  }

  get p99(): number {
    return p99([...this.#times.values()].flat());
  }

  get slowest(): { readonly name: string; readonly p99: number } {
    const [slowest = { name: '', p99: 0 }] = [...this.#times]
      .map(([name, times]) => ({ name, p99: p99(times) }))
      .sort((a, b) => b.p99 - a.p99);
    return slowest;
  }
}

/**
 * Others are watched before each attack as well, by the same process on the same machine: what they wait without an attack is the measure.
 *
 * @param tell told each round that broke something, with what repeats it
 */
export async function runAnonymous(options: AnonymousOptions, tell: (line: string) => void): Promise<AnonymousOutcome> {
  const { seed, rounds, calmMs, patienceMs = DEFAULT_PATIENCE_MS } = options;
  const rig = await startAnonymousRig();
  const answers = new Map<string, number>();
  const broken: string[] = [];
  const calm: number[] = [];
  const attacked = new Times();
  const failures: string[] = [];
  const strains: number[] = [];
  try {
    let dearest = { name: '', processorMs: 0 };
    let done = 0;
    for (; done < rounds && rig.ended() === undefined; done += 1) {
      // Making an attack holds up this process, too: others are not measured meanwhile.
      const attack = makeAttack(createRandom(seed + done), rig);
      strains.push(measureStrain());
      const before = startOthers(rig, 2_000_000 + done * 10_000);
      await sleep(calmMs);
      await before.stop();
      const others = startOthers(rig, 1_000_000_000 + done * 10_000);
      const spent = rig.processorMs();
      const found = await round(rig, attack, answers);
      const processorMs = rig.ended() === undefined ? rig.processorMs() - spent : 0;
      if (processorMs > dearest.processorMs) dearest = { name: `${attack.name}, SEED=${seed + done}`, processorMs };
      await others.stop();
      calm.push(...before.times);
      attacked.add(attack.name, others.times);
      failures.push(...before.failures, ...others.failures);
      for (const each of found)
        tell(`SEED=${seed + done} ROUNDS=1 (${attack.name}, ${attack.shots.length} requests): ${each}`);
      broken.push(...found);
    }
    const calmP99 = p99(calm);
    const attackedP99 = attacked.p99;
    const strain = Math.max(1, strains.reduce((sum, each) => sum + each, 0) / strains.length);
    const most = calmP99 + patienceMs * strain;
    if (attackedP99 > most)
      broken.push(`others waited ${attackedP99.toFixed(0)} ms (p99), more than ${most.toFixed(0)}`);
    if (failures.length > 0) broken.push(`${failures.length} requests of others failed: ${failures[0]}`);
    if (rig.ended() === undefined) broken.push(...(await rig.settle()).map((name) => `lost: ${name}`));
    broken.push(...unproven(rig.sent));
    const { slowest } = attacked;
    return { rounds: done, calmP99, attackedP99, slowest, strain, dearest, answers, broken: [...new Set(broken)] };
  } finally {
    await rig.close();
  }
}
