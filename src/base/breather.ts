// Lets others in between the pieces of long work.

/** Milliseconds of work after which requests that wait are let in. */
const AT_A_TIME_MS = 10;

/** The same for the work of one request: longer than an ordinary batch takes, too short for people to notice. */
export const REQUEST_AT_A_TIME_MS = 20;

/** To be awaited between two pieces: nothing as a rule, and a turn of the event loop when others have waited long enough. Awaiting nothing costs a hot loop more than looking. */
export type Breather = () => Promise<void> | undefined;

/** Long work that has stopped for others, the longest first. */
const waiting: (() => void)[] = [];

function letOneGoOn(): void {
  const goOn = waiting.shift();
  if (waiting.length > 0) setImmediate(letOneGoOn);
  goOn?.();
}

/**
 * A turn of the event loop in which no other long work goes on: ten large bodies that come at once would otherwise each have their piece in every turn, and keep
 * everybody else waiting for ten.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(letOneGoOn);
  });
}

/** @param atATimeMs milliseconds of work between two turns */
export function createBreather(atATimeMs = AT_A_TIME_MS): Breather {
  let since = performance.now();
  return () => {
    if (performance.now() - since < atATimeMs) return undefined;
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}

/** Runs work that stops between its pieces to its end, at once. */
export function runAtOnce<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Runs it to its end, and lets others in between. */
export async function runInSlices<T>(work: Generator<void, T, void>): Promise<T> {
  const breathe = createBreather();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await breathe();
  }
}
