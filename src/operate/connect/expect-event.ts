// Sees an event arrive, for a thread that has it sent: the process's own live log tells.

import type { Arrival, ExpectedEvent } from '../../connect/arrival.js';
import type { LiveLog } from '../live/live-log.js';

/** Which event, without what no thread can be sent. */
export type EventToExpect = Omit<ExpectedEvent, 'signal'>;

/** Entries that are read at once. */
const AT_ONCE = 200;

const OFF: Arrival = {
  kind: 'no-process',
  note: 'This process keeps no live log (LIVE_LOG), so that nothing tells whether it arrived.',
};

/**
 * Watches from now on.
 *
 * @param log undefined where none is kept
 * @param told once, at the latest after the time that the event has
 * @returns stops watching
 */
export function expectEvent(
  log: LiveLog | undefined,
  { workspace, protocol, messageId, timeoutMs }: EventToExpect,
  told: (arrival: Arrival) => void,
): () => void {
  if (log === undefined) {
    told(OFF);
    return () => {};
  }
  let cursor = log.end;
  /** Others may be refused meanwhile: it counts where the event itself does not come. */
  let refused: Arrival | undefined;
  const end = () => {
    clearTimeout(timer);
    leave();
  };
  const tell = (arrival: Arrival) => {
    end();
    told(arrival);
  };
  const look = () => {
    for (let isAll = false; !isAll; ) {
      const unread = log.read(cursor, AT_ONCE);
      ({ cursor, isAll } = unread);
      for (const { entry } of unread.entries) {
        const { outcome, note } = entry;
        if (entry.messageId === messageId && entry.stage === 'ingest') {
          tell({ kind: 'arrived', outcome, ...(note !== undefined && { note }) });
          return;
        }
        if (outcome === 'refused' && entry.path?.startsWith(`/${protocol}/${workspace}`) === true)
          refused = { kind: 'refused', note: [entry.code, note].filter((text) => text !== undefined).join(': ') };
      }
    }
  };
  const leave = log.watch(look);
  const timer = setTimeout(() => tell(refused ?? { kind: 'nothing' }), timeoutMs).unref();
  return end;
}
