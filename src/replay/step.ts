// A part of an archive that is taken in as one: what is chosen of it, and what became of the rest.

import type { JsonObject } from '../model/segment-event.js';
import type { Way } from './choice.js';
import type { Position } from './position.js';
import { Tally } from './tally.js';

/** An event that is replayed. */
export interface ChosenEvent {
  readonly value: JsonObject;
  /** JSON as it is sent. */
  readonly text: string;
  readonly way: Way;
  readonly file: string;
  readonly line: number;
}

/** What was refused, for the file of dead letters. */
export interface Letter {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly message: string;
  /** As it was chosen, where it is one. */
  readonly event?: unknown;
}

/** Events of a step. What the Tracking API parses at once is of 500 KB, and that is what goes in fastest. */
export const MAX_STEP_EVENTS = 1_000;
const MAX_CHARACTERS = 450_000;

/** Values that a step goes over at most, so that the position goes on where nothing is chosen. */
const MAX_VALUES = 20_000;

/** Collects events until there are enough for a call. */
export class Step {
  readonly events: ChosenEvent[] = [];
  readonly letters: Letter[] = [];
  readonly tally = new Tally();
  /** Behind the last value. */
  end: Position | undefined;
  values = 0;
  readonly #maxEvents: number;
  #characters = 0;

  constructor(maxEvents = MAX_STEP_EVENTS) {
    this.#maxEvents = maxEvents;
  }

  get isFull(): boolean {
    return (
      this.events.length >= this.#maxEvents ||
      this.#characters >= MAX_CHARACTERS ||
      this.values >= MAX_VALUES ||
      this.letters.length >= MAX_STEP_EVENTS
    );
  }

  add(event: ChosenEvent): void {
    this.events.push(event);
    this.#characters += event.text.length;
  }

  refuse(letter: Letter): void {
    this.tally.refuse(letter.code);
    this.letters.push(letter);
  }
}

/** What takes the events of steps in. */
export interface Sink {
  /**
   * Takes the chosen events of a step in, and adds what became of them to it. When it resolves, what is `accepted` is safe.
   *
   * @throws ReplayError, ReplayStopped where it cannot go on
   */
  take(step: Step): Promise<void>;
  /**
   * Waits until all of it is where it goes.
   *
   * @param writeDown writes down what has become of it, before it is forgotten here
   * @returns what the summary says beside the counts
   */
  finish(writeDown: () => Promise<void>): Promise<object>;
  close(): Promise<void>;
}
