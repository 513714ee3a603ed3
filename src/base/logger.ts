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

/** What `LOG_FORMAT` takes. */
export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

/** Writes a line of the log, its line feed included. */
export type LogWriter = (line: string) => void;

/** Writes lines to standard output, each before it returns. */
export function stdoutWriter(): LogWriter {
  const out = pino.destination({ dest: 1, sync: true });
  return (line) => void out.write(line);
}

/**
 * @param level one of `LOG_LEVELS`
 * @param write takes the lines; standard output where it is not given
 * @param who stands in each line. Default: nothing
 */
export function createLogger(level: string, write: LogWriter = stdoutWriter(), who: object | null = null): Logger {
  // People read logs in terminals: JSON escapes of what commands one only the half.
  const stream = { write: (line: string) => write(toPrintable(line)) };
  return pino({ level, base: who, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
