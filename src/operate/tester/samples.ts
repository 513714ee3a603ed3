// Bodies to begin with: those of the package's fixtures that its index names.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseJson } from '../../base/json.js';
import type { Sample, TesterSource } from './shapes.js';

/** A row of `fixtures/samples/index.json`. */
interface IndexRow {
  readonly source: TesterSource;
  readonly name: string;
  readonly title: string;
  /** Below `fixtures/`. */
  readonly file: string;
  /** JSON Pointer into the file. Default: all of it. */
  readonly at?: string;
}

function readFixture(file: string): unknown {
  const path = fileURLToPath(new URL(`fixtures/${file}`, import.meta.resolve('statsig-cdp/package.json')));
  return parseJson(readFileSync(path, 'utf8'));
}

/** @param pointer without `~` */
function partOf(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((found, key) => (found as Readonly<Record<string, unknown>>)[key], value);
}

let read: readonly Sample[] | undefined;

/** The samples of all sources, read when they are asked for first: some twenty files of 1,300. @throws the system's error */
export function readSamples(): readonly Sample[] {
  read ??= (readFixture('samples/index.json') as readonly IndexRow[]).map(({ source, name, title, file, at = '' }) => ({
    source,
    name,
    title,
    body: partOf(readFixture(file), at),
  }));
  return read;
}
