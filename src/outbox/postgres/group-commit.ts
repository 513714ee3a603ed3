// Puts calls together: what waits while the database is busy goes into its next commit together. A commit costs a sync of the disk, however much is in it.

/** A call that waits, or is under way. */
interface Waiting<Call, Result> {
  readonly call: Call;
  readonly size: number;
  /** In which it came. */
  readonly round: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** How calls are put together. */
export interface GroupCommitSettings<Call, Result> {
  /** Does all of them in one step. @returns for each call its result, or an Error that it is to be answered with */
  commit(calls: readonly Call[]): Promise<readonly (Result | Error)[]>;
  /** Commits at a time, where so much waits that it is worth one more, or where one takes long. */
  readonly atATime: number;
  /** So much. */
  readonly worthOneMore: number;
  /** Of a commit, unless one call alone is larger. */
  readonly mostSize: number;
  /** Of all that waits: beyond it calls are refused. */
  readonly mostWaiting: number;
  /** Milliseconds of a round: a call that has waited for a whole one is refused at the end of the next. */
  readonly roundMs: number;
  /** Milliseconds after which the calls of a commit are answered without it. */
  readonly answerMs: number;
  /** What a call that is refused, and not begun, is answered with. */
  refuse(why: string): Error;
  /** What a call is answered with of which no one knows yet whether it is done. */
  unanswered(): Error;
}

/** Takes calls. */
export class GroupCommit<Call, Result extends object> {
  readonly #settings: GroupCommitSettings<Call, Result>;
  #waiting: Waiting<Call, Result>[] = [];
  #waitingSize = 0;
  readonly #underWay = new Set<Promise<void>>();
  #round = 0;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(settings: GroupCommitSettings<Call, Result>) {
    this.#settings = settings;
  }

  /** @param size in the unit of the settings @throws what the settings say */
  run(call: Call, size: number): Promise<Result> {
    const { mostWaiting, refuse } = this.#settings;
    if (this.#isClosed) return Promise.reject(refuse('closed'));
    if (this.#waiting.length > 0 && this.#waitingSize + size > mostWaiting)
      return Promise.reject(refuse('too much waits for the database'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, size, round: this.#round, resolve, reject });
      this.#waitingSize += size;
      this.#beginSoon();
    });
  }

  /** Waits for what was taken; refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#begin();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    clearTimeout(this.#timer);
  }

  /** Calls that come together, as those do that were answered together, go together. */
  #beginSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#begin();
    });
  }

  #begin(isLate = false): void {
    const { atATime, worthOneMore } = this.#settings;
    while (this.#waiting.length > 0 && this.#underWay.size < atATime) {
      if (this.#underWay.size > 0 && this.#waitingSize < worthOneMore && !isLate) break;
      const group = this.#take();
      const done = this.#commit(group).finally(() => {
        this.#underWay.delete(done);
        // Senders that were answered are about to call once more.
        if (this.#isClosed) this.#begin();
        else this.#beginSoon();
      });
      this.#underWay.add(done);
    }
    this.#watch();
  }

  #take(): Waiting<Call, Result>[] {
    let size = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && size + waiting.size > this.#settings.mostSize) break;
      size += waiting.size;
      count += 1;
    }
    this.#waitingSize -= size;
    return this.#waiting.splice(0, count);
  }

  /** Never rejects. */
  async #commit(group: readonly Waiting<Call, Result>[]): Promise<void> {
    const timer = setTimeout(() => {
      for (const { reject } of group) reject(this.#settings.unanswered());
    }, this.#settings.answerMs);
    try {
      const results = await this.#settings.commit(group.map(({ call }) => call));
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined || result instanceof Error) reject(result ?? this.#settings.unanswered());
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Counts rounds as long as something waits. */
  #watch(): void {
    if (this.#waiting.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#endRound();
      this.#begin(true);
    }, this.#settings.roundMs);
  }

  #endRound(): void {
    const impatient = this.#waiting.filter(({ round }) => round < this.#round);
    this.#round += 1;
    this.#waiting = this.#waiting.slice(impatient.length);
    for (const { size, reject } of impatient) {
      this.#waitingSize -= size;
      reject(this.#settings.refuse('the database is busy'));
    }
  }
}
