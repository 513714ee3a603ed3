// Sends arbitrary requests at a real process, many at once, and shrinks what fails.

import fc from 'fast-check';
import { breaksFraming, describeCase, type FuzzCase, writeCase } from './case.js';
import { fuzzCases } from './cases.js';
import { type Control, createControl } from './control.js';
import { reduceCase } from './reduce.js';
import { type Rig, type RigServer, unexpectedLines } from './rig.js';
import { expectedOf } from './routes.js';
import { loadSamples } from './samples.js';
import { compareTwins } from './twins.js';
import { judgeOutcome } from './verdict.js';
import { createWireClient, type WireClient, type WireOutcome } from './wire.js';

/** How much is tried. */
export interface FuzzPlan {
  readonly cases: number;
  /** A whole number; equal seeds make equal cases. */
  readonly seed: number;
  /** Told from time to time how many cases are done. */
  readonly onProgress?: (done: number) => void;
}

/** A fault and the smallest request that shows it. */
export interface FuzzFault {
  readonly complaint: string;
  readonly route: string;
  /** A line for the shell. */
  readonly command: string;
  /** How many cases showed it. */
  count: number;
}

/** What came of a run. */
export interface FuzzResult {
  readonly cases: number;
  readonly byRoute: ReadonlyMap<string, number>;
  /** Cases by the status of the answer. */
  readonly byStatus: ReadonlyMap<string, number>;
  /** Answers by the codes of the error table in them, also those of single events. */
  readonly byCode: ReadonlyMap<string, number>;
  readonly faults: readonly FuzzFault[];
  /** Log lines that tell of faults. */
  readonly lines: readonly string[];
  /** How the processes ended, where they did. */
  readonly ended: readonly string[];
}

/** Cases under way at once. */
const LANES = 12;

/** Requests that making one case smaller may take. */
const MAX_SHRINKS = 300;

/** Different faults after which the run ends. */
const MAX_FAULTS = 30;

interface Link {
  readonly server: RigServer;
  readonly client: WireClient;
  readonly control: Control;
}

async function linkTo(server: RigServer): Promise<Link> {
  const client = createWireClient(server.port);
  return { server, client, control: await createControl(client, server.authority) };
}

class Fault extends Error {}

function countIn(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function codesIn(body: Buffer): ReadonlySet<string> {
  return new Set(body.toString('latin1').match(/\b[A-Z]+(?:_[A-Z]+)+(?=:)|\b(?:INTERNAL|OVERLOADED|DRAINING)(?=:)/g));
}

/** Equal for cases that show the same fault. */
function fingerprint(route: string, complaint: string): string {
  return `${route}: ${complaint.replace(/\d+/g, 'n')}`;
}

/** Sends the cases, twelve at a time, each beside an ordinary request. It ends early when a process does, or after thirty different faults. */
export async function runFuzz(rig: Rig, { cases, seed, onProgress }: FuzzPlan): Promise<FuzzResult> {
  const links = { alone: await linkTo(rig.alone), behind: await linkTo(rig.behind) };
  const arbitrary = fuzzCases(loadSamples(rig.statsigUrl));
  const byRoute = new Map<string, number>();
  const byStatus = new Map<string, number>();
  const byCode = new Map<string, number>();
  const faults = new Map<string, FuzzFault>();
  const ended: string[] = [];
  for (const { server } of Object.values(links))
    void server.plugin.ended.then((how) => ended.push(`the process ended by itself: ${how}`));
  let done = 0;

  function send(fuzzCase: FuzzCase): Promise<WireOutcome> {
    const { server, client } = links[fuzzCase.server];
    const bytes = writeCase(fuzzCase, server.authority);
    return client.send({ bytes, breaksFraming: breaksFraming(fuzzCase), isHead: fuzzCase.method === 'HEAD' });
  }

  async function complainOfTwin(fuzzCase: FuzzCase, outcome: WireOutcome): Promise<string | undefined> {
    if (fuzzCase.twin === undefined || outcome.kind !== 'answered') return undefined;
    const twin = await send({ ...fuzzCase, ...fuzzCase.twin });
    return twin.kind === 'answered' ? compareTwins(outcome.answer, twin.answer) : `its twin: ${twin.kind}`;
  }

  async function complain(fuzzCase: FuzzCase): Promise<string | undefined> {
    const [outcome, beside] = await Promise.all([send(fuzzCase), links[fuzzCase.server].control()]);
    countIn(byStatus, outcome.kind === 'answered' ? String(outcome.answer.status) : outcome.kind);
    if (outcome.kind === 'answered') for (const code of codesIn(outcome.answer.body)) countIn(byCode, code);
    return judgeOutcome(fuzzCase, outcome, expectedOf(fuzzCase)) ?? beside ?? (await complainOfTwin(fuzzCase, outcome));
  }

  function record(fuzzCase: FuzzCase, complaint: string): void {
    const { route } = fuzzCase;
    const command = describeCase(fuzzCase, links[fuzzCase.server].server.authority);
    faults.set(fingerprint(route, complaint), { complaint, route, command, count: 1 });
  }

  const isOver = () => ended.length > 0 || faults.size >= MAX_FAULTS;

  /** Runs until a new fault is found and shrunk. @returns cases that were run */
  async function search(runs: number, ownSeed: number): Promise<number> {
    let ran = 0;
    let shrinks = 0;
    let smallest: { readonly fuzzCase: FuzzCase; readonly complaint: string; readonly print: string } | undefined;
    const property = fc.asyncProperty(arbitrary, async (fuzzCase) => {
      if (isOver()) return;
      if (smallest === undefined) {
        ran += 1;
        done += 1;
        countIn(byRoute, fuzzCase.route);
        onProgress?.(done);
      } else if (++shrinks > MAX_SHRINKS) return;
      const complaint = await complain(fuzzCase);
      if (complaint === undefined) return;
      const print = fingerprint(fuzzCase.route, complaint);
      const known = faults.get(print);
      if (known !== undefined) known.count += 1;
      if (known !== undefined || (smallest !== undefined && smallest.print !== print)) return;
      smallest = { fuzzCase, complaint, print };
      throw new Fault(complaint);
    });
    await fc.check(property, { seed: ownSeed, numRuns: runs, skipEqualValues: false });
    if (smallest !== undefined) {
      const { fuzzCase, complaint, print } = smallest;
      const reduced = await reduceCase(fuzzCase, async (smaller) => {
        const again = await complain(smaller);
        return again !== undefined && fingerprint(smaller.route, again) === print;
      });
      record(reduced, complaint);
    }
    return ran;
  }

  async function runLane(lane: number): Promise<void> {
    let left = Math.ceil(cases / LANES);
    for (let part = 0; left > 0 && !isOver(); part++) left -= await search(left, seed + lane + part * LANES);
  }

  await Promise.all(Array.from({ length: LANES }, (_, lane) => runLane(lane)));
  for (const { client } of Object.values(links)) client.close();
  const lines = [rig.alone, rig.behind].flatMap(unexpectedLines);
  return { cases: done, byRoute, byStatus, byCode, faults: [...faults.values()], lines, ended: [...ended] };
}
