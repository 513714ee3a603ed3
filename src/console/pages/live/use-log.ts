// Follows the stream and draws once a frame, however much arrives.

import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { LiveEntry, LiveGap, LiveHello, LiveList } from '../../../operate/live/shapes.js';
import { get } from '../../api.js';
import { notifyError } from '../../notices.js';
import type { ServerSent } from '../../server-sent.js';
import { openStream, type Stream, type StreamState } from '../../stream.js';
import { type Filters, liveQuery, Seen } from './filters.js';
import { Log } from './log.js';
import { ERRORS, gapText } from './words.js';

/** Entries of before that a reader sees at once. */
const BEGIN_WITH = 500;

/** What the page works with. */
export interface FollowedLog {
  readonly log: Log;
  readonly state: StreamState;
  /** The process keeps no log. */
  readonly off: boolean;
  readonly workspaces: Seen;
  readonly events: Seen;
  readonly retryNow: () => void;
  /** Draws again: after a hold or a release. */
  readonly draw: () => void;
}

/** Draws at most once a frame. */
function useFrames(): () => void {
  const [, bump] = useReducer((count: number) => count + 1, 0);
  const asked = useRef<number | undefined>(undefined);
  useEffect(() => () => cancelAnimationFrame(asked.current ?? 0), []);
  return useMemo(
    () => () => {
      asked.current ??= requestAnimationFrame(() => {
        asked.current = undefined;
        bump(undefined);
      });
    },
    [],
  );
}

/** Follows the log under filters; other filters begin anew. */
export function useLog(filters: Filters): FollowedLog {
  const key = JSON.stringify(filters);
  const draw = useFrames();
  const [state, setState] = useState<StreamState>({ is: 'connecting' });
  const [off, setOff] = useState(false);
  const stream = useRef<Stream | undefined>(undefined);
  const seen = useMemo(
    () => ({ workspaces: new Seen(({ workspace }) => workspace), events: new Seen(({ event }) => event) }),
    [],
  );
  const log = useMemo(() => new Log(), [key]);

  useEffect(() => {
    const onEvent = ({ event, data }: ServerSent) => {
      if (event === 'entries') {
        const entries = JSON.parse(data) as readonly LiveEntry[];
        log.add(entries, Date.now());
        seen.workspaces.add(entries);
        seen.events.add(entries);
      } else if (event === 'gap') log.say(gapText(JSON.parse(data) as LiveGap));
      else if (event === 'hello') setOff((JSON.parse(data) as LiveHello).state === 'off');
      draw();
    };
    const own = openStream({
      path: (resumed) => liveQuery('/api/live/stream', filters, resumed ? {} : { limit: BEGIN_WITH }),
      onEvent,
      onState: setState,
    });
    stream.current = own;
    const end = new AbortController();
    if (filters.outcome === '') {
      const path = liveQuery('/api/live', { ...filters, outcome: ERRORS.join(',') }, { limit: BEGIN_WITH });
      get<LiveList>(path, end.signal).then(({ entries }) => {
        log.addOlderErrors(entries);
        draw();
      }, notifyError);
    }
    draw();
    return () => {
      end.abort();
      own.close();
    };
  }, [log]);

  return { log, state, off, ...seen, draw, retryNow: () => stream.current?.retryNow() };
}
