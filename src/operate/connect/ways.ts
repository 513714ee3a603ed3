// Makes the connection that a deed is about. Only a thread loads it.

import type { Arrivals } from '../../connect/arrival.js';
import { ConnectError } from '../../connect/connection.js';
import type { PlannedConnection } from '../../connect/tasks.js';
import type { ConnectOrder, ConnectPlace } from './messages.js';
import { openSegment } from './segment-way.js';
import type { ConnectFound } from './shapes.js';

/** What a way works with beside what it is asked. */
export interface WayPlace extends ConnectPlace {
  readonly arrivals: Arrivals;
}

/** A person is asked first. */
export interface Consent {
  readonly url: string;
  readonly state: string;
  /** @returns the connection, and secrets that no one may be shown @throws ConnectError */
  finish(
    query: URLSearchParams,
  ): Promise<{ readonly connection: PlannedConnection; readonly secrets: readonly string[] }>;
}

/** A way of connecting, ready to go. */
export type OpenWay =
  | { readonly consent: Consent }
  | {
      readonly consent?: undefined;
      /** @throws ConnectError */
      look(): Promise<ConnectFound>;
      /** @throws ConnectError */
      connection(): Promise<PlannedConnection>;
    };

/** Where there is nothing to choose from. */
export const NOTHING_TO_CHOOSE = async (): Promise<ConnectFound> => ({ choices: [] });

/** @throws ConnectError for what is asked and cannot be */
export async function openWay(order: ConnectOrder, place: WayPlace): Promise<OpenWay> {
  switch (order.way) {
    case 'segment':
      return openSegment(order.asked, place);
    default:
      throw new ConnectError('refused', 'This way is not built in.');
  }
}
