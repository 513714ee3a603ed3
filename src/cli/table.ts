// What commands print for people and for programs: aligned columns on a terminal, tabs elsewhere, JSON where `--json` asks for it.

import type { Writable } from 'node:stream';
import { writeLongNumbers } from '../base/long-numbers.js';
import { toPrintableCell } from '../base/printable.js';
import { say, sayLine } from '../base/terminal.js';

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** Numbers stand at the right. Default: left. */
  readonly align?: 'left' | 'right';
  /** Least width in columns of the terminal that it is cut to where a line is too long. Default: it is never cut. */
  readonly least?: number;
}

/** A stream that tells what it is, as `process.stdout` does. */
export type TableOutput = Pick<Writable, 'write'> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly hasColors?: () => boolean;
};

/** The option of every command that prints a result. */
export const JSON_OPTION = '--json';

const GAP = '  ';
const CUT = '…';
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[22m';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const INVISIBLE = /^\p{M}/u;
/** East Asian wide and full-width characters, and those that are drawn as pictures. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

/** One character as a person sees it. */
function widthOfOne(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns of a terminal that a text takes. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOfOne(segment);
  return width;
}

/** The beginning of a text that takes no more than `width` columns, with a mark where something is missing. */
function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOfOne(segment);
    if (used > width - CUT.length) break;
    kept += segment;
  }
  return `${kept}${CUT}`;
}

/** Takes from the widest columns that may be cut, one column of the terminal after the other, until the line fits. */
function fit(columns: readonly Column[], widths: readonly number[], available: number): readonly number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, width) => sum + width, GAP.length * (fitted.length - 1));
  const spare = (at: number) => (fitted[at] ?? 0) - (columns[at]?.least ?? Number.POSITIVE_INFINITY);
  while (total() > available) {
    const cuttable = fitted.map((_, at) => at).filter((at) => spare(at) > 0);
    const [widest] = cuttable.sort((a, b) => (fitted[b] ?? 0) - (fitted[a] ?? 0));
    if (widest === undefined) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function toLine(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, at) => {
    const cell = cutTo(row[at] ?? '', width);
    const padding = ' '.repeat(Math.max(0, width - widthOf(cell)));
    return columns[at]?.align === 'right' ? `${padding}${cell}` : `${cell}${padding}`;
  });
  return cells.join(GAP).trimEnd();
}

/**
 * The lines of a table in aligned columns, its heads first. What commands a terminal is escaped.
 *
 * @param available columns of the terminal; cells that may be cut are cut so that a line fits
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  available = Number.POSITIVE_INFINITY,
): readonly string[] {
  const shown = [columns.map(({ head }) => head), ...rows.map((row) => row.map(toPrintableCell))];
  const widths = columns.map((_, at) => shown.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), 0));
  const fitted = fit(columns, widths, available);
  return shown.map((row) => toLine(columns, row, fitted));
}

/**
 * Prints a table: aligned and with bold heads on a terminal. Elsewhere a line per row with a tab between cells, whole and without heads, for `cut` and `awk`.
 *
 * @param output default: standard output
 */
export function printTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: TableOutput = process.stdout,
): void {
  if (output.isTTY !== true) {
    for (const row of rows) output.write(`${row.map(toPrintableCell).join('\t')}\n`);
    return;
  }
  const [heads = '', ...lines] = formatTable(columns, rows, output.columns);
  output.write(`${output.hasColors?.() === true ? `${BOLD}${heads}${PLAIN}` : heads}\n`);
  for (const line of lines) output.write(`${line}\n`);
}

/** Prints the one JSON value that `--json` asks for, in lines that can be read. Nothing else may go to standard output. */
export function sayJson(value: object): void {
  say(JSON.stringify(value, null, 2));
}

/** Prints one of many JSON values that `--json` asks for, on a line of its own; resolves when there is room for the next. Numbers are written as they came. */
export function sayJsonLine(value: object): Promise<void> {
  return sayLine(writeLongNumbers(value));
}
