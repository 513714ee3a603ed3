// Data of a page: loaded, loaded again, loaded from time to time.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';
import { messageOf } from './error-message.js';

/** What there is of it. */
export interface Loaded<Data> {
  /** The last that came, also while the next is loaded and after it failed. */
  readonly data?: Data;
  readonly error?: Error;
  readonly loading: boolean;
  /** When `data` came, in ms since 1970. */
  readonly at?: number;
  readonly reload: () => void;
}

type State<Data> = Omit<Loaded<Data>, 'reload'>;

/**
 * Loads JSON from a path.
 *
 * @param path undefined loads nothing
 * @param everyMs also that often, while the page is visible
 */
export function useLoad<Data>(path: string | undefined, everyMs?: number): Loaded<Data> {
  const [state, setState] = useState<State<Data>>({ loading: path !== undefined });
  const current = useRef<AbortController | undefined>(undefined);

  const load = useCallback(
    (keep: boolean) => {
      current.current?.abort();
      if (path === undefined) return setState({ loading: false });
      const own = new AbortController();
      current.current = own;
      setState((before) => (keep ? { ...before, loading: true } : { loading: true }));
      get<Data>(path, own.signal).then(
        (data) => {
          if (!own.signal.aborted) setState({ data, loading: false, at: Date.now() });
        },
        (error: unknown) => {
          if (own.signal.aborted) return;
          const fault = error instanceof Error ? error : new Error(messageOf(error));
          setState((before) => ({ ...before, error: fault, loading: false }));
        },
      );
    },
    [path],
  );

  useEffect(() => {
    load(false);
    const timer =
      everyMs === undefined
        ? undefined
        : setInterval(() => document.visibilityState === 'visible' && load(true), everyMs);
    return () => {
      clearInterval(timer);
      current.current?.abort();
    };
  }, [load, everyMs]);

  const reload = useCallback(() => load(true), [load]);
  return { ...state, reload };
}
