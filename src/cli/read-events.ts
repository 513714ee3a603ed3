// Reads a file of events: one JSON value, or one per line.

import { readFileSync } from 'node:fs';
import { parseJson } from '../base/json.js';

/** A file that can't be read as events. The message says where. */
export class EventFileError extends Error {}

function parseLines(text: string, file: string): readonly unknown[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = parseJson(line);
    // The parser's own words quote the text, which may hold a key.
    if (value === undefined) throw new EventFileError(`${file}:${i + 1}: not JSON`);
    return [value];
  });
}

/**
 * The events in a JSON file (one event or an array) or an NDJSON file.
 *
 * @param file path, or `-` for standard input
 * @throws EventFileError
 */
export function readEvents(file: string): readonly unknown[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new EventFileError(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
  const value = parseJson(text);
  if (value === undefined) return parseLines(text, file);
  return Array.isArray(value) ? value : [value];
}
