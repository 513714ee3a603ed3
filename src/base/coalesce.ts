// Keeps a task from running beside itself.

/**
 * A function that runs the task, or, while it runs, has it run once more right after. The promise resolves when the last of these runs is
 * over.
 *
 * @param task must not reject
 */
export function oneAtATime(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const runAll = async () => {
    while (again) {
      again = false;
      await task();
    }
    running = undefined;
  };
  return () => {
    again = true;
    running ??= runAll();
    return running;
  };
}
