// The events that Statsig posts in the torture: custom events and exposures, some of them poison to one target or to both.

import { hash } from 'node:crypto';
import type { Random } from '../../testkit/random.js';
import { webhookEvent } from '../../testkit/statsig-webhook.js';
import type { Poison, PushedEvent } from './torture-events.js';

/** The targets of each workspace. */
export const TARGETS = ['segment-us', 'warehouse'] as const;
/** Name of a target. */
export type TargetName = (typeof TARGETS)[number];

/** A request to a target with more bytes of JSON is too large. Some thirty ordinary events fit. */
export const MAX_CDP_REQUEST_BYTES = 20_000;

/** Each call holds the metadata twice, and is too large for the stand-in. What is larger than Segment takes is not accepted. */
const BALLASTS = [MAX_CDP_REQUEST_BYTES / 2, MAX_CDP_REQUEST_BYTES * 0.7] as const;

/** A gate is followed by the next one after so many events of its user, about half of which are its exposures. */
const EVENTS_PER_GATE = 10;

/** How often the first exposure of a gate is poison where exposures have a window. */
const POISONED_FIRST = 0.5;

/** The first poison of each user comes early, so that a short run has some. */
const FIRST_POISON = 15;
const NEXT_POISON = 200;

/** An event that Statsig posts. */
export interface OutboundEvent {
  /** `user/number`. */
  readonly id: string;
  readonly workspace: string;
  readonly user: string;
  readonly number: number;
  /** The gate of an exposure; none: a custom event. */
  readonly gate: string | undefined;
  readonly poison: Poison | undefined;
  /** The targets that never take it. */
  readonly poisonAt: readonly TargetName[];
  readonly ballast: number;
  /** Whether an equal one that came before may keep it back. */
  readonly hasWindow: boolean;
}

/** Names an event on its way to one target. */
export function deliveryId(id: string, target: string): string {
  return `${id}@${target}`;
}

/** What has to arrive: the event at each target. */
export function deliveriesOf(event: OutboundEvent): readonly PushedEvent[] {
  const { id, workspace, user, number, gate, poison, poisonAt, hasWindow } = event;
  return TARGETS.map((target) => ({
    id: deliveryId(id, target),
    lane: `${workspace}/${target}`,
    user: deliveryId(user, target),
    number,
    poison: poisonAt.includes(target) ? poison : undefined,
    ...(hasWindow && gate !== undefined && { once: `${gate} of ${deliveryId(user, target)}` }),
  }));
}

/** Makes the events of one user. */
export class OutboundUser {
  readonly #workspace: string;
  readonly #user: string;
  readonly #hasWindow: boolean;
  readonly #random: Random;
  readonly #gates = new Set<string>();
  #count = 0;

  /** @param hasWindow whether equal exposures are sent once */
  constructor(workspace: string, user: string, hasWindow: boolean, random: Random) {
    this.#workspace = workspace;
    this.#user = user;
    this.#hasWindow = hasWindow;
    this.#random = random;
  }

  next(): OutboundEvent {
    const random = this.#random;
    const gate = random.chance(0.5) ? `gate-${Math.floor(this.#count / EVENTS_PER_GATE)}` : undefined;
    const opensWindow = this.#hasWindow && gate !== undefined && !this.#gates.has(gate);
    const isPoison = (this.#count + 1) % NEXT_POISON === FIRST_POISON || (opensWindow && random.chance(POISONED_FIRST));
    const poison = isPoison ? random.weighted<Poison>({ rejected: 2, too_large: 1 }) : undefined;
    if (gate !== undefined) this.#gates.add(gate);
    return this.#make(gate, poison);
  }

  /** One more exposure of each gate, which everybody takes: by then each target must have had exactly one. */
  last(): readonly OutboundEvent[] {
    return [...this.#gates].map((gate) => this.#make(gate, undefined));
  }

  #make(gate: string | undefined, poison: Poison | undefined): OutboundEvent {
    this.#count += 1;
    const rejecting = this.#random.weighted({ 'segment-us': 2, warehouse: 2, both: 1 });
    const poisonAt = poison === 'rejected' && rejecting !== 'both' ? [rejecting] : TARGETS;
    return {
      id: `${this.#user}/${this.#count}`,
      workspace: this.#workspace,
      user: this.#user,
      number: this.#count,
      gate,
      poison,
      poisonAt: poison === undefined ? [] : poisonAt,
      ballast: poison === 'too_large' ? (BALLASTS[this.#random.whole(0, 1)] ?? 0) : 0,
      hasWindow: this.#hasWindow,
    };
  }
}

/** A UUID that is the same each time the event is posted. */
function timeUuidOf(id: string): string {
  return hash('sha256', id, 'hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The event in Statsig's words; the same each time. Some have no `timeUUID`, as the config changes of Statsig have none. */
export function toWebhookEvent({
  id,
  workspace,
  user,
  number,
  gate,
  poison,
  poisonAt,
  ballast,
}: OutboundEvent): object {
  return webhookEvent({
    eventName: gate === undefined ? 'Step Taken' : 'statsig::gate_exposure',
    timeUUID: number % 10 === 7 ? undefined : timeUuidOf(id),
    userID: user,
    metadata: {
      id,
      lane: workspace,
      number,
      ...(gate !== undefined && { gate, gateValue: 'true', ruleID: 'rule-1' }),
      ...(poison !== undefined && { poison, poisonAt }),
      ...(ballast > 0 && { ballast: 'x'.repeat(ballast) }),
    },
  });
}
