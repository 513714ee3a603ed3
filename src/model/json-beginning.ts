// Reads as much as can be read of a JSON text whose end is missing.

import { parseJson } from '../base/json.js';

/** Deeper than any answer that means something; what lies below is left out. */
const MAX_DEPTH = 50;

const TOKEN = /\s*([{}[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|true|false|null)/y;

/** A value, and whether the text ended, or stopped to be JSON, inside of it. */
interface Read {
  readonly value: unknown;
  readonly isCut: boolean;
}

const NOTHING: Read = { value: undefined, isCut: true };

function parseScalar(token: string): Read {
  const value = parseJson(token);
  return value === undefined ? NOTHING : { value, isCut: false };
}

/**
 * The value at the beginning of a string, without the members and elements that are not whole.
 *
 * @returns `undefined` when there is not even the beginning of one
 */
export function readJsonBeginning(text: string): unknown {
  let at = 0;
  const next = () => {
    TOKEN.lastIndex = at;
    const [whole = '', token] = TOKEN.exec(text) ?? [];
    at += whole.length;
    return token;
  };

  /** @param read reads one entry that begins with the token; `undefined` when it is not one */
  function readEntries<T>(end: string, read: (token: string) => { entry: T; isCut: boolean } | undefined) {
    const entries: T[] = [];
    for (let token = next(); token !== undefined && token !== end; token = next()) {
      const found = read(token);
      if (found === undefined) return { entries, isCut: true };
      entries.push(found.entry);
      if (found.isCut) return { entries, isCut: true };
      const separator = next();
      if (separator === end) return { entries, isCut: false };
      if (separator !== ',') return { entries, isCut: true };
    }
    return { entries, isCut: at >= text.length };
  }

  function readValue(token: string | undefined, depth: number): Read {
    if (token === undefined || depth > MAX_DEPTH) return NOTHING;
    if (token === '{') {
      const { entries, isCut } = readEntries('}', (name) => {
        if (!name.startsWith('"') || next() !== ':') return undefined;
        const { value, isCut } = readValue(next(), depth + 1);
        return value === undefined ? undefined : { entry: [parseScalar(name).value, value], isCut };
      });
      return { value: Object.fromEntries(entries), isCut };
    }
    if (token === '[') {
      const { entries, isCut } = readEntries(']', (first) => {
        const { value, isCut } = readValue(first, depth + 1);
        return value === undefined ? undefined : { entry: value, isCut };
      });
      return { value: entries, isCut };
    }
    // The digits of a number, and no other scalar, may go on behind the end.
    return at >= text.length && !token.startsWith('"') ? NOTHING : parseScalar(token);
  }

  return readValue(next(), 0).value;
}
