// The deed that the reader looks at: begun here, or found under way, and followed until it is over.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Step } from '../../../connect/step.js';
import type { ConnectAnswer, ConnectDeed, ConnectGo, ConnectWay } from '../../../operate/connect/shapes.js';
import { ApiError, get, post, withQuery } from '../../api.js';
import { messageOf } from '../../error-message.js';
import { notifyError } from '../../notices.js';
import { isOpen } from './words.js';

/** Milliseconds between two looks at a deed that is under way. */
const LOOK_MS = 400;

/** What connecting would do, and what undoing it would. */
export interface Plans {
  readonly apply?: readonly Step[];
  readonly undo?: readonly Step[];
}

/** What a form works with. */
export interface UsedDeed {
  readonly deed: ConnectDeed | undefined;
  /** The steps of the last plans, as long as the reader stays: progress is shown in them. */
  readonly plans: Plans;
  /** Why it could not be begun. */
  readonly problem: string | undefined;
  /** Whether nothing else can be begun now. */
  readonly isBusy: boolean;
  /** @param body beside nothing: as the route takes it */
  begin(body: object): void;
  go(verb: ConnectGo['verb']): void;
  stop(): void;
  show(deed: ConnectDeed): void;
}

/** @param way whose deeds these are @param onOver told when one is over */
export function useDeed(way: ConnectWay, onOver: () => void): UsedDeed {
  const [deed, setDeed] = useState<ConnectDeed | undefined>(undefined);
  const [plans, setPlans] = useState<Plans>({});
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isBeginning, setBeginning] = useState(false);
  const over = useRef(onOver);
  over.current = onOver;

  const take = useCallback((next: ConnectDeed) => {
    setDeed(next);
    const { steps, verb } = next;
    const of = verb === 'planUndo' || verb === 'undo' ? 'undo' : 'apply';
    if (steps !== undefined) setPlans((before) => ({ ...before, [of]: steps }));
    if (!isOpen(next)) over.current();
  }, []);

  // One that is under way is shown, also where somebody else began it.
  useEffect(() => {
    const own = new AbortController();
    get<ConnectAnswer>('/api/connect', own.signal).then(
      ({ deeds }) => {
        const open = deeds.find((each) => each.way === way && isOpen(each));
        if (open !== undefined) setDeed((now) => now ?? open);
      },
      () => {},
    );
    return () => own.abort();
  }, [way]);

  const id = deed !== undefined && isOpen(deed) ? deed.id : undefined;
  useEffect(() => {
    if (id === undefined) return;
    const own = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () =>
      get<ConnectDeed>(withQuery('/api/connect/deed', { id }), own.signal).then(
        (next) => {
          take(next);
          setProblem(undefined);
          if (isOpen(next)) timer = setTimeout(look, LOOK_MS);
        },
        (error: unknown) => {
          if (own.signal.aborted) return;
          setProblem(messageOf(error));
          // The process was started anew: it knows nothing of it.
          if (error instanceof ApiError && error.code === 'CONNECT_DEED_UNKNOWN') setDeed(undefined);
          else timer = setTimeout(look, 5 * LOOK_MS);
        },
      );
    timer = setTimeout(look, LOOK_MS);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [id, take]);

  const ask = async (path: string, body: object) => {
    setBeginning(true);
    setProblem(undefined);
    try {
      take(await post<ConnectDeed>(path, body));
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBeginning(false);
    }
  };

  return {
    deed,
    plans,
    problem,
    isBusy: isBeginning || deed?.state === 'running' || deed?.state === 'consent',
    begin: (body) => void ask(`/api/connect/${way}`, body),
    go: (verb) => void ask('/api/connect/go', { id: deed?.id, verb }),
    stop() {
      if (deed !== undefined) post<ConnectDeed>('/api/connect/stop', { id: deed.id }).then(take, notifyError);
    },
    show: take,
  };
}
