// Counts what is odd about the events of one request.

import type { EventNote, Notes } from '../model/notes.js';
import type { Ingested } from './inbound.js';

/** How many events have which oddity. */
export class NoteCounts {
  readonly #counts = new Map<EventNote, number>();

  /** @param notes of the first event */
  constructor(notes?: Notes) {
    this.add(notes);
  }

  add(notes: Notes | undefined): void {
    if (notes === undefined) return;
    for (const note of notes) this.#counts.set(note, (this.#counts.get(note) ?? 0) + 1);
  }

  get entries(): Iterable<readonly [EventNote, number]> {
    return this.#counts;
  }
}

/** Of what was pushed: repetitions are counted no second time. */
export function tallyNotes(results: readonly Ingested[]): NoteCounts {
  const counts = new NoteCounts();
  for (const result of results) if (result.kind === 'accepted') counts.add(result.notes);
  return counts;
}
