// Reads fixtures from a folder and checks them against their schema.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parseJson } from '../base/json.js';
import type { Fixture } from './fixture.js';

/** The fixtures of this package. */
export const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.resolve('statsig-cdp/package.json')));

const SCHEMA = 'fixture.schema.json';

/** Folders of files that are no fixtures. */
const OTHERS: ReadonlySet<string> = new Set(['samples']);

/** A fixture and where it stands. */
export interface ReadFixture {
  /** Below the folder, with slashes. */
  readonly file: string;
  readonly fixture: Fixture;
}

/** A file that holds no fixture. */
export class FixtureError extends Error {}

function createCheck() {
  const schema: object = JSON.parse(readFileSync(join(FIXTURES, SCHEMA), 'utf8'));
  return new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true }).compile<Fixture>(
    schema,
  );
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.json') && name !== SCHEMA && !OTHERS.has(name.split('/')[0] ?? ''))
    .sort();
}

/**
 * Every fixture of a folder and the folders in it.
 *
 * @throws FixtureError naming the file and what is wrong with it
 */
export function readFixtures(folder: string = FIXTURES): readonly ReadFixture[] {
  const isFixture = createCheck();
  return namesIn(folder).map((file) => {
    const value = parseJson(readFileSync(join(folder, file), 'utf8'), false);
    if (value === undefined) throw new FixtureError(`${file}: not JSON`);
    if (isFixture(value)) return { file, fixture: value };
    const [fault] = isFixture.errors ?? [];
    throw new FixtureError(`${file}: ${fault?.instancePath ?? ''} ${fault?.message ?? ''}`.trim());
  });
}
