// Decides how the log is written: JSON for programs, lines that can be read for a person at a terminal.

import type { LogFormat, LogWriter } from '../base/logger.js';
import { stdoutWriter } from '../base/logger.js';

/** A stream that tells what it is, as `process.stdout` does. */
export interface LogOutput {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

/**
 * What takes the lines of the log.
 *
 * @param format `auto` is `pretty` on a terminal and `json` elsewhere
 * @param write where they go. Default: standard output
 * @param output what `write` leads to. Default: no terminal where `write` is given, else standard output
 */
export async function openLog(
  format: LogFormat,
  write?: LogWriter,
  output: LogOutput = write === undefined ? process.stdout : {},
): Promise<LogWriter> {
  const plain = write ?? stdoutWriter();
  const isTerminal = output.isTTY === true;
  if (format === 'json' || (format === 'auto' && !isTerminal)) return plain;
  // Before anything is listened to. Where JSON is asked for, a start is spared it.
  const { readableLog } = await import('./readable-log.js');
  return readableLog(plain, isTerminal && output.hasColors?.() === true);
}
