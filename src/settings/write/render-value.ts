// Writes a value in the manner of the text around it.

import { Document } from 'yaml';

/** How the text around a value is written. */
export interface Manner {
  /** Line ends. */
  readonly eol: string;
  /** JSON: every string and name in double quotes. */
  readonly isJson: boolean;
  /** What JSON is indented by. None: it stands in one line. */
  readonly unit: string;
}

/** Reads how a text is written. */
export function mannerOf(text: string): Manner {
  const isJson = /^[\uFEFF\s]*(?:\{\s*(?:"|\})|\[\s*(?:[{"[]|\]))/.test(text);
  return {
    eol: /\r\n|\n/.exec(text)?.[0] ?? '\n',
    isJson,
    unit: isJson ? (/\n([ \t]+)["{[]/.exec(text)?.[1] ?? '') : '  ',
  };
}

/** In one line, as people write it: `{ from: a, to: b }`, `"*Order"`. It may stand within brackets. @param isTight without blanks */
export function renderInline(value: unknown, manner: Manner, isTight = false): string {
  if (isTight) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => renderInline(each, manner)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(
      ([name, part]) => `${renderText(name, manner)}: ${renderInline(part, manner)}`,
    );
    return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
  }
  return typeof value === 'string' ? renderText(value, manner) : JSON.stringify(value);
}

/** What in a string needs no second thought. */
const EASY = /^[\x20-\x7e\p{L}]*$/u;

/** In quotes where YAML needs them. */
function renderText(text: string, { isJson }: Manner): string {
  if (isJson || !EASY.test(text)) return JSON.stringify(text);
  // A list in brackets keeps to what may stand within brackets.
  const list = new Document([text], { version: '1.2', schema: 'core' }).toString({
    lineWidth: 0,
    collectionStyle: 'flow',
  });
  return list.slice(list.indexOf('[') + 1, list.lastIndexOf(']')).trim();
}

/** JSON in lines, the first of which goes on where it stands. @param indent of the line that it begins in */
export function renderJsonLines(value: unknown, indent: string, { eol, unit }: Manner): string {
  if (unit === '') return JSON.stringify(value);
  return JSON.stringify(value, undefined, unit).replaceAll('\n', eol + indent);
}

function isFilled(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/**
 * What stands behind a name and its colon: in the same line, or in lines of its own below it.
 *
 * @param column of the name
 */
export function renderBelow(value: unknown, column: number, manner: Manner): string {
  if (!isFilled(value)) return ` ${renderInline(value, manner)}`;
  const indent = ' '.repeat(column + 2);
  const lines = Array.isArray(value)
    ? value.map((item) => `${indent}- ${renderInline(item, manner)}`)
    : Object.entries(value).map(([name, part]) => `${indent}${renderPair(name, part, column + 2, manner)}`);
  return manner.eol + lines.join(manner.eol);
}

/** A name with its value. @param column of the name */
export function renderPair(name: string, value: unknown, column: number, manner: Manner): string {
  return `${renderInline(name, manner)}:${renderBelow(value, column, manner)}`;
}
