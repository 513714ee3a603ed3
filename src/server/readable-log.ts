// Lines of the log for people. Loaded at the start, and only where they are read.

import pretty from 'pino-pretty';
import type { LogWriter } from '../base/logger.js';

/** An escape sequence of JSON text. */
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|.)/g;

/** Escapes what stands for a character that cannot be seen once more, so that it is shown as it is written and not carried out. */
function keepEscapes(line: string): string {
  return line.replace(ESCAPE, (found) => (/^\\["\\/]/.test(found) ? found : `\\${found}`));
}

/**
 * Writes each line of the log as time, level, message and the other fields on one line.
 *
 * @param write takes what is to be shown
 * @param hasColors where `write` leads to
 */
export function readableLog(write: LogWriter, hasColors: boolean): LogWriter {
  const format = pretty.prettyFactory({ colorize: hasColors, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' });
  return (line) => write(format(keepEscapes(line)));
}
