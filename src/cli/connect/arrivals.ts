// Sees events arrive at a running process, by its live log.

import type { Arrival, Arrivals } from '../../connect/arrival.js';
import type { LiveEntry } from '../../operate/live/shapes.js';
import { followStream } from '../follow-stream.js';
import { CommandError, findProcess, type RunningProcess } from '../running-process.js';

function noteOf({ reason, code, status, note }: LiveEntry): string {
  return [reason ?? code, status, note].filter((part) => part !== undefined && part !== '').join(' ');
}

/** @throws nothing: without a token there is no one to ask */
function processAt(url: string | undefined): RunningProcess | { readonly note: string } {
  try {
    return findProcess(url);
  } catch (error) {
    if (error instanceof CommandError) return { note: `Whether it arrives was not looked at. ${error.message}` };
    throw error;
  }
}

/** @param url of the process; default: this machine, PORT */
export function liveArrivals(url: string | undefined): Arrivals {
  return {
    async expect({ protocol, workspace, messageId, timeoutMs, signal }, send) {
      const peer = processAt(url);
      if ('note' in peer) {
        await send();
        return { kind: 'no-process', note: peer.note };
      }
      const stop = new AbortController();
      signal?.addEventListener('abort', () => stop.abort(), { once: true });
      let found: Arrival = { kind: 'nothing' };
      let sending: Promise<void> | undefined;
      let timer: NodeJS.Timeout | undefined;
      const sendOnce = () => {
        sending ??= send().then(
          () => {
            timer = setTimeout(() => stop.abort(), timeoutMs);
          },
          (error) => {
            stop.abort();
            throw error;
          },
        );
        // Awaited below; until then it is no unhandled rejection.
        sending.catch(() => {});
        return sending;
      };
      const look = (entry: LiveEntry): boolean => {
        if (entry.messageId === messageId) {
          const note = noteOf(entry);
          found = {
            kind: 'arrived',
            outcome: entry.outcome,
            ...(entry.workspace !== undefined && { workspace: entry.workspace }),
            ...(note !== '' && { note }),
          };
          return true;
        }
        // A stranger's may be among them: it is told only where nothing else comes.
        if (entry.outcome === 'refused' && entry.path?.startsWith(`/${protocol}/${workspace}`) === true)
          found = { kind: 'refused', note: noteOf(entry) };
        return false;
      };
      try {
        const end = await followStream(
          peer,
          { query: new URLSearchParams({ protocol }), signal: stop.signal },
          { entries: async (entries) => !entries.some(look), notice: () => {}, connected: () => void sendOnce() },
        );
        await sendOnce();
        if (end === 'off') return { kind: 'no-process', note: 'The process keeps no live log (LIVE_LOG is off).' };
        return found;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        await sendOnce();
        return { kind: 'no-process', note: `Whether it arrives was not looked at. ${error.message}` };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
