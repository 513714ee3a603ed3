// The events of the torture: each has an id of its own and a number that counts its user's events.

import type { Random } from '../../testkit/random.js';

/** What is never taken: an event that is rejected, or one that is too large even alone. */
export type Poison = 'rejected' | 'too_large';

/** An event that a sender pushes, on its way to one place. */
export interface PushedEvent {
  /** Unique over all lanes. */
  readonly id: string;
  /** Where it is to arrive: a workspace, or one of its targets. */
  readonly lane: string;
  /** Unique over all lanes. */
  readonly user: string;
  /** 1 for the first event of the user. */
  readonly number: number;
  readonly poison: Poison | undefined;
  /** Of the events that have this in common one is to arrive, and not this one in particular. */
  readonly once?: string;
  /** Its push was sent again, so that it may have been filtered at first and stored later. */
  readonly wasRepeated?: boolean;
}

/** A request to the stand-in with more bytes of JSON is too large. Some forty ordinary events fit. */
export const MAX_REQUEST_BYTES = 7_500;

/** The first poison of each user comes early, so that a short run has some. */
const FIRST_POISON = 20;
const NEXT_POISON = 400;

/** Makes the events of one user. */
export class UserEvents {
  readonly #lane: string;
  readonly #user: string;
  readonly #random: Random;
  #count = 0;

  constructor(lane: string, user: string, random: Random) {
    this.#lane = lane;
    this.#user = user;
    this.#random = random;
  }

  next(): PushedEvent {
    this.#count += 1;
    const isPoison = this.#count % NEXT_POISON === FIRST_POISON;
    return {
      id: `${this.#user}/${this.#count}`,
      lane: this.#lane,
      user: this.#user,
      number: this.#count,
      poison: isPoison ? this.#random.weighted({ rejected: 2, too_large: 1 }) : undefined,
    };
  }
}

/** The event in the words of Segment's spec. */
export function toSegmentEvent({ id, lane, user, number, poison }: PushedEvent): object {
  return {
    type: 'track',
    event: 'Step Taken',
    userId: user,
    messageId: id,
    timestamp: new Date().toISOString(),
    properties: {
      id,
      lane,
      number,
      ...(poison === 'rejected' && { poison }),
      ...(poison === 'too_large' && { ballast: 'x'.repeat(MAX_REQUEST_BYTES) }),
    },
  };
}
