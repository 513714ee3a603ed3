// Loads the worked examples.

import { readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../fixtures/', import.meta.url);

/** What every fixture says about itself. */
export interface FixtureHead {
  readonly title: string;
  readonly why: string;
  readonly source: { readonly kind: 'recorded' | 'documented' | 'derived'; readonly from: string };
}

/** Every fixture of a folder below `fixtures/`, by file name. */
export function loadFixtures<T extends FixtureHead>(folder: string): readonly (readonly [string, T])[] {
  const url = new URL(`${folder}/`, ROOT);
  return readdirSync(url)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [`${folder}/${name}`, JSON.parse(readFileSync(new URL(name, url), 'utf8'))]);
}
