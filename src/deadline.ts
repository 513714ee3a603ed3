// Gives a call up after a time, or with another signal.
//
// `AbortSignal.any` with `AbortSignal.timeout` would say the same in a line. But Node 20 forgets a timeout that only `any` knows of once memory is swept, and
// the call hangs for as long as the other side likes (nodejs/node issue 57736).

/** A deadline that runs. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True once the time was over. */
  readonly isOver: boolean;
  /** To be called when the call is over, whatever came of it. */
  clear(): void;
}

/**
 * @param ms until the call is given up
 * @param other gives it up early
 */
export function startDeadline(ms: number, other?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const follow = () => controller.abort(other?.reason);
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort(new DOMException(`not over within ${ms} ms`, 'TimeoutError'));
  }, ms);
  if (other?.aborted) follow();
  else other?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    clear() {
      clearTimeout(timer);
      other?.removeEventListener('abort', follow);
    },
  };
}
