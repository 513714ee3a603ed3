// Keeps a task from running beside itself without making its callers wait in line: they share a run.

/** A function that runs the task, or, while it runs, gives the promise of that run. */
export function shareRun<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= task().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/**
 * A function that runs the task, or, while it runs, has it run once more right after: what changed since the run began is not missed. The promise resolves
 * when the last of these runs is over.
 *
 * @param task must not reject
 */
export function rerunAfter(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isAsked = false;
  const runAll = async () => {
    while (isAsked) {
      isAsked = false;
      await task();
    }
    // In the same step as the last look at `isAsked`: a call in between would be lost.
    running = undefined;
  };
  return () => {
    isAsked = true;
    running ??= runAll();
    return running;
  };
}
