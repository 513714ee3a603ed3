// Writes down where a reader is, so that it can go on there on another connection.

import type { Cursor, LiveLog } from './live-log.js';

/** `mbx3k2.1041.7`: the process, and how many good and bad entries came until then. */
export function toCursorText(epoch: string, { good, bad }: Cursor): string {
  return `${epoch}.${good.toString(36)}.${bad.toString(36)}`;
}

const FORM = /^([a-z0-9]{1,20})\.([a-z0-9]{1,11})\.([a-z0-9]{1,11})$/;

/** Where to go on; `another process` where the cursor is of one before; `undefined` where it is none. */
export function readCursor(text: string | undefined, log: LiveLog): Cursor | 'another process' | undefined {
  const [, epoch, good = '', bad = ''] = FORM.exec(text ?? '') ?? [];
  if (epoch === undefined) return undefined;
  if (epoch !== log.epoch) return 'another process';
  const { end } = log;
  return {
    good: Math.min(Number.parseInt(good, 36), end.good),
    bad: Math.min(Number.parseInt(bad, 36), end.bad),
  };
}
