// Which fixtures one process can be played at the same time: those that need the same environment, and those that bear other settings documents beside their own.

import type { Fixture } from '../fixture.js';
import type { CastFixture } from '../play-fixtures.js';
import type { ReadFixture } from '../read-fixtures.js';
import { createValues, type ReceiverUrls } from '../values.js';

/** Equal for variables of the same names and values. */
export function nameEnvironment(environment: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(environment).sort());
}

function nameOf({ environment = {}, alone, stopping }: Fixture, file: string): string {
  return alone ? file : nameEnvironment({ ...environment, ...(stopping && { stopping: 'true' }) });
}

/** Fixtures by the process that they need; at least one in each list. */
export function groupFixtures(fixtures: readonly ReadFixture[]): readonly (readonly ReadFixture[])[] {
  const groups = new Map<string, ReadFixture[]>();
  for (const each of fixtures) {
    const name = nameOf(each.fixture, each.file);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(each);
  }
  return [...groups.values()];
}

/** Makes up the values of each fixture. */
export function castFixtures(fixtures: readonly ReadFixture[], urls: ReceiverUrls): readonly CastFixture[] {
  return fixtures.map((each) => ({ ...each, values: createValues(urls) }));
}
