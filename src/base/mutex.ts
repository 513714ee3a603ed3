// Runs tasks that must not run at the same time one after another, in the order in which they come.

/** Lets one task run at a time. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** No task runs or waits. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** Runs the task when those before it are over, whatever came of them. @returns what the task returns or throws */
  run<T>(task: () => Promise<T>): Promise<T> {
    const runNext = async (): Promise<T> => {
      try {
        return await task();
      } finally {
        this.#waiting -= 1;
      }
    };
    this.#waiting += 1;
    const result = this.#last.then(runNext);
    const over = () => {};
    // The caller sees the error; the next task does not care. Nor is the result kept until it comes.
    this.#last = result.then(over, over);
    return result;
  }
}

/** One mutex for each name. Names without a task cost no memory. */
export class NamedMutex {
  readonly #mutexes = new Map<string, Mutex>();

  /** Runs the task when those of the same name before it are over. @returns what the task returns or throws */
  async run<T>(name: string, task: () => Promise<T>): Promise<T> {
    const mutex = this.#mutexes.get(name) ?? new Mutex();
    this.#mutexes.set(name, mutex);
    try {
      return await mutex.run(task);
    } finally {
      if (mutex.isIdle) this.#mutexes.delete(name);
    }
  }
}
