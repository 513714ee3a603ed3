// A part of an archive that is taken in as one: what is chosen of it, and what became of the rest.

import { parseJson } from '../base/json.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { ORDINARY_EVENTS } from '../sources/tracking-api/limits.js';
import type { Way } from './choice.js';
import type { Position } from './position.js';
import { Tally } from './tally.js';

/** An event that is replayed. */
export interface ChosenEvent {
  /** Where the sink works with it. */
  readonly value: JsonObject | undefined;
  /** JSON as it is sent. */
  readonly text: string;
  /** It names a write key, which would win over the call's. */
  readonly hasWriteKey: boolean;
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

/**
 * Events of a step: what the Tracking API takes beside other calls, which is what goes in fastest. Of larger ones it works on one at a time, to where its events
 * are on disk, so that nothing is converted while the disk syncs.
 */
export const MAX_STEP_EVENTS = ORDINARY_EVENTS;
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

/** What an event says, for the file of dead letters and for sinks that work with it. */
export function valueOfEvent({ value, text }: Pick<ChosenEvent, 'value' | 'text'>): JsonObject {
  const said = value ?? parseJson(text);
  return isJsonObject(said) ? said : {};
}

/** What takes the events of steps in. */
export interface Sink {
  /** Whether it works with the values of events. Where it does not they are let go at once: held until their step is taken in, they would outlive what V8 sweeps often. */
  readonly worksWithValues: boolean;
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
