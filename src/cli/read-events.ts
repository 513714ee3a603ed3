// Reads a file of events: one JSON value, or one per line.

import { readFileSync } from 'node:fs';

/** A file that can't be read as events. The message says where. */
export class EventFileError extends Error {}

function parseLines(text: string, file: string): readonly unknown[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch {
      // The parser's own words quote the text, which may hold a key.
      throw new EventFileError(`${file}:${i + 1}: not JSON`);
    }
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
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return parseLines(text, file);
  }
}
