// Where lanes wait for a limit that they share: thousands of lists of one console key may wait for Statsig's twelve calls in ten seconds.

import type { EpochMs } from '../base/time.js';
import type { After } from './alarm.js';
import { createWaitingRoom, type WaitingRoom } from './waiting-room.js';

/** Time for a lane to take what it needs before the next one looks. */
const NEXT_MS = 25;

/**
 * The room of a limit; forgotten once no one waits in it.
 *
 * @param readyAt the time before which the limit lets nothing through
 */
export type LimitRooms = (name: string, readyAt: () => EpochMs) => Pick<WaitingRoom, 'enter'>;

/** @param after sets a timer */
export function createLimitRooms(now: () => EpochMs, after: After): LimitRooms {
  const rooms = new Map<string, WaitingRoom>();

  function roomOf(name: string, readyAt: () => EpochMs): WaitingRoom {
    const known = rooms.get(name);
    if (known !== undefined) return known;
    const room = createWaitingRoom(now, after, () => ({ at: readyAt(), count: 1, thenMs: NEXT_MS }));
    rooms.set(name, room);
    return room;
  }

  return (name, readyAt) => ({
    enter(ring) {
      const room = roomOf(name, readyAt);
      const leave = room.enter(ring);
      return () => {
        leave();
        if (room.size === 0 && rooms.get(name) === room) rooms.delete(name);
      };
    },
  });
}
