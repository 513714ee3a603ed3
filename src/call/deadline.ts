// Gives a call up after a time, or with another signal.
//
// `AbortSignal.any` with `AbortSignal.timeout` would say the same in a line. But Node 20 forgets a timeout that only `any` knows of once memory is swept, and
// the call hangs for as long as the other side likes (nodejs/node issue 57736).
//
// A process that stood still (stopped, swapped out, busy) finds its timers due before it has read what came meanwhile: Node runs timers before it looks at
// sockets. An answer that lies there must not be thrown away, because what it answers would be sent again.

/** A deadline that runs. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True once the time was over. */
  readonly isOver: boolean;
  /** To be called when the call is over, whatever came of it. */
  clear(): void;
}

/** A timer that fires this much later than it was set for shows that the process stood still. */
const STALL_MS = 250;

/** Turns of the event loop after which what lay on the sockets has been read. */
const TURNS_TO_READ = 2;

/**
 * Runs something once what lies on the sockets has been read.
 *
 * @returns calls it off
 */
export function afterReading(run: () => void): () => void {
  let turns = 0;
  let immediate: NodeJS.Immediate;
  const turn = () => {
    turns += 1;
    if (turns > TURNS_TO_READ) run();
    else immediate = setImmediate(turn);
  };
  immediate = setImmediate(turn);
  return () => clearImmediate(immediate);
}

/**
 * Time in which the process stood still is not the other side's: the deadline is later by it, though by no more than its own length each time.
 *
 * @param ms until the call is given up; `undefined`: not for the time that it takes
 * @param other gives it up early
 */
export function startDeadline(ms: number | undefined, other?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  let cancel = () => {};
  const follow = () => controller.abort(other?.reason);
  const giveUp = () => {
    isOver = true;
    controller.abort(new DOMException(`not over within ${ms} ms`, 'TimeoutError'));
  };
  function wait(time: number, most: number): void {
    const dueAt = performance.now() + time;
    const timer = setTimeout(() => {
      const lateMs = performance.now() - dueAt;
      if (lateMs > STALL_MS) wait(Math.min(lateMs, most), most);
      else cancel = afterReading(giveUp);
    }, time);
    cancel = () => clearTimeout(timer);
  }
  if (ms !== undefined) wait(ms, ms);
  if (other?.aborted) follow();
  else other?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    clear() {
      cancel();
      other?.removeEventListener('abort', follow);
    },
  };
}
