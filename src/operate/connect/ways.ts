// Makes the connection that a deed is about. Only a thread loads it.

import type { Arrivals } from '../../connect/arrival.js';
import type { PlannedConnection } from '../../connect/tasks.js';
import type { ConnectOrder, ConnectPlace } from './messages.js';
import { openOAuth } from './oauth-way.js';
import { openRudderstack } from './rudderstack-way.js';
import { openSegment } from './segment-way.js';
import type { ConnectFound } from './shapes.js';
import { openStatsig } from './statsig-way.js';

/** What a way works with beside what it is asked. */
export interface WayPlace extends ConnectPlace {
  readonly arrivals: Arrivals;
}

/** What a person is asked. */
export interface Consent {
  /** The page on which they are asked. */
  readonly url: string;
  /** Comes back with the answer. */
  readonly state: string;
  /** Takes the answer. @throws ConnectError where it is no consent */
  finish(query: URLSearchParams): Promise<void>;
}

/** A way of connecting, ready to go. Each part throws ConnectError. */
export interface OpenWay {
  look(): Promise<ConnectFound>;
  connection(): Promise<PlannedConnection>;
  /** Begins to ask. @returns undefined where no consent is needed */
  readonly consent?: () => Promise<Consent | undefined>;
}

/** Where there is nothing to choose from. */
export const NOTHING_TO_CHOOSE = async (): Promise<ConnectFound> => ({ choices: [] });

/** @throws ConnectError for an address that is none */
export function openWay(order: ConnectOrder, place: WayPlace): OpenWay {
  switch (order.way) {
    case 'segment':
      return openSegment(order.asked, place);
    case 'oauth':
      return openOAuth(order.asked, place);
    case 'statsig':
      return openStatsig(order.asked, place);
    case 'rudderstack':
      return openRudderstack(order.asked, place);
  }
}
