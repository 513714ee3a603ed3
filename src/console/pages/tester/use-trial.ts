// Tries what is written, a moment after the reader stops typing.

import { useEffect, useState } from 'preact/hooks';
import type { TesterAnswer, TesterBody } from '../../../operate/tester/shapes.js';
import { post } from '../../api.js';
import { messageOf } from '../../error-message.js';

/** Milliseconds without a key: shorter than a reader notices, longer than between two letters. */
const PAUSE_MS = 120;

/** What is known of what is written. */
export interface Trial {
  readonly answer?: TesterAnswer;
  readonly error?: string;
  /** Whether it is of what is written now. */
  readonly current: boolean;
}

/** @param asked undefined tries nothing */
export function useTrial(asked: TesterBody | undefined): Trial {
  const [trial, setTrial] = useState<Trial>({ current: false });
  const text = asked === undefined ? undefined : JSON.stringify(asked);
  useEffect(() => {
    if (text === undefined) return undefined;
    const own = new AbortController();
    setTrial((before) => ({ ...before, current: false }));
    const timer = setTimeout(() => {
      post<TesterAnswer>('/api/tester', JSON.parse(text), own.signal).then(
        (answer) => !own.signal.aborted && setTrial({ answer, current: true }),
        (error: unknown) => !own.signal.aborted && setTrial({ error: messageOf(error), current: true }),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [text]);
  return trial;
}
