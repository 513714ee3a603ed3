// The log: structured lines on stdout.

import { pino } from 'pino';
import { toPrintable } from './printable.js';

/** As much of a logger as the program uses. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What `createLogger` takes, from the most to the least. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** @param level one of `LOG_LEVELS` */
export function createLogger(level: string): Logger {
  const out = pino.destination({ dest: 1, sync: true });
  // People read logs in terminals: JSON escapes of what commands one only the half.
  const stream = { write: (line: string) => void out.write(toPrintable(line)) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
