// Compares what starts found after a harm with what the outbox held.

import type { Filled } from './shapes.js';
import type { Started } from './starts.js';

/** What was promised and did not hold; all 0 or false for a harm that was well taken. */
export interface Judgement {
  /** Something is gone, came back or changed, and no one is told. */
  readonly silent: boolean;
  /** It was said, and not any more after the next start. */
  readonly forgottenNotice: boolean;
  readonly failedTwice: boolean;
  /** The first start was aborted. */
  readonly aborted: boolean;
  /** Records that the harm did not touch. */
  readonly undamagedLost: readonly string[];
  /** Payloads that are not what was stored. */
  readonly altered: number;
  /** It was said that something is wrong. */
  readonly said: boolean;
  /** Records that are gone, hit or not. */
  readonly lost: number;
  /** Records that had been delivered and wait again. */
  readonly back: number;
  readonly forgottenIds: number;
  readonly why: string;
}

const works = (start: Started) => !('died' in start) && start.ok;
const problemOf = (start: Started | undefined) =>
  start === undefined || 'died' in start || !start.ok ? undefined : start.problem;

/** @param starts in order; the first that works reads, the one after it adds */
export function judge(filled: Filled, harmed: ReadonlySet<string> | 'all', starts: readonly Started[]): Judgement {
  const first = starts.findIndex(works);
  const read = starts[first];
  const after = starts[first + 1];
  const aborted = !works(starts[0] as Started);
  const failedTwice =
    starts.some((start, index) => index > 0 && !works(start) && !works(starts[index - 1] as Started)) ||
    (after !== undefined && !works(after));
  if (read === undefined || 'died' in read) {
    const why = starts.map((start) => ('died' in start ? start.died : start.problem)).join(' | ');
    return { ...NOTHING, aborted, failedTwice: true, why };
  }
  const found = new Map([...read.waiting, ...read.dead]);
  const expected = new Map([...filled.waiting, ...filled.dead]);
  const gone = [...expected.keys()].filter((id) => !found.has(id));
  const waitingNow = new Set(read.waiting.map(([id]) => id));
  const back = [...filled.delivered, ...filled.dead.keys()].filter((id) => waitingNow.has(id)).length;
  const known = new Set([...expected.keys(), ...filled.delivered]);
  const strange = [...found.keys()].filter((id) => !known.has(id)).length;
  const altered =
    [...found].filter(([id, payload]) => expected.has(id) && expected.get(id) !== payload).length + strange;
  const forgottenIds = after === undefined || 'died' in after ? 0 : after.forgotten;
  const said = problemOf(read) !== undefined;
  const saidAfter = problemOf(after) !== undefined;
  const hasHarm = gone.length > 0 || back > 0 || forgottenIds > 0 || altered > 0 || read.damaged > 0;
  // What could not be read is among the dead letters as `damaged`: that says it, too.
  const inDeadLetters = gone.length <= read.damaged && back === 0 && forgottenIds === 0 && altered === 0;
  const undamagedLost = harmed === 'all' ? [] : gone.filter((id) => !harmed.has(id));
  return {
    silent: hasHarm && !said && !saidAfter && !inDeadLetters,
    forgottenNotice: said && !saidAfter,
    failedTwice,
    aborted,
    undamagedLost,
    altered,
    said,
    lost: gone.length,
    back,
    forgottenIds,
    why: `${problemOf(read) ?? 'nothing said'}; lost ${gone.length} (${gone.slice(0, 5)}), back ${back}, ids forgotten ${forgottenIds}, altered ${altered}`,
  };
}

const NOTHING: Judgement = {
  silent: false,
  forgottenNotice: false,
  failedTwice: false,
  aborted: false,
  undamagedLost: [],
  altered: 0,
  said: false,
  lost: 0,
  back: 0,
  forgottenIds: 0,
  why: '',
};

/** True where a promise did not hold. */
export function isBroken({ silent, forgottenNotice, failedTwice, undamagedLost, altered }: Judgement): boolean {
  return silent || forgottenNotice || failedTwice || undamagedLost.length > 0 || altered > 0;
}
