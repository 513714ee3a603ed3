// Asks all workers for one of them.

import { Counted } from './counted.js';
import type { AllAnswers, Question, ToWorker, WorkerAnswer, WorkerCounts } from './messages.js';

/** A worker that can be told something. */
export interface Asked {
  readonly number: number;
  send(message: ToWorker): void;
}

/** Milliseconds until a busy worker is left out. */
const PATIENCE_MS: Readonly<Record<Question, number>> = { readiness: 1_000, metrics: 5_000, overview: 2_000 };

interface Round {
  readonly question: Question;
  readonly waitsFor: Set<number>;
  readonly answers: WorkerAnswer[];
  finish(): void;
}

/** The questions under way. */
export class Rounds {
  readonly #workers: () => readonly Asked[];
  readonly #counts: () => WorkerCounts;
  readonly #rounds = new Map<number, Round>();
  readonly #counted = new Counted();
  #lastId = 0;

  /** @param workers those that run now */
  constructor(workers: () => readonly Asked[], counts: () => WorkerCounts) {
    this.#workers = workers;
    this.#counts = counts;
  }

  /** Resolves when all have answered, or have ended, or were waited for long enough. @param asker is not asked itself what others have seen */
  ask(question: Question, asker: number): Promise<AllAnswers> {
    return new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      const workers = this.#workers().filter(({ number }) => question !== 'overview' || number !== asker);
      const answers: WorkerAnswer[] = [];
      const finish = () => {
        clearTimeout(patience);
        this.#rounds.delete(id);
        const said = question === 'metrics' ? this.#counted.all(new Set(answers.map(({ number }) => number))) : answers;
        resolve({ answers: [...said].sort((a, b) => a.number - b.number), counts: this.#counts() });
      };
      const patience = setTimeout(finish, PATIENCE_MS[question]);
      this.#rounds.set(id, { question, waitsFor: new Set(workers.map(({ number }) => number)), answers, finish });
      for (const worker of workers) worker.send({ kind: 'ask', id, question });
      if (workers.length === 0) finish();
    });
  }

  take(id: number, answer: WorkerAnswer): void {
    const round = this.#rounds.get(id);
    if (round?.waitsFor.has(answer.number) !== true) return;
    if (round.question === 'metrics') this.#counted.take(answer.number, answer.text);
    round.answers.push(answer);
    this.#leave(round, answer.number);
  }

  /** A worker ended: it answers no more. */
  leave(number: number): void {
    this.#counted.leave(number);
    for (const round of this.#rounds.values()) if (round.waitsFor.has(number)) this.#leave(round, number);
  }

  #leave(round: Round, number: number): void {
    round.waitsFor.delete(number);
    if (round.waitsFor.size === 0) round.finish();
  }
}
