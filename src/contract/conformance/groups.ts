// Which fixtures one process can be played at the same time: those that need the same environment.

import { fillEnvironment } from '../fill-settings.js';
import type { Fixture } from '../fixture.js';
import type { CastFixture } from '../play-fixtures.js';
import type { ReadFixture } from '../read-fixtures.js';
import { createValues, type ReceiverUrls } from '../values.js';

/** Fixtures for one process. */
export interface Group {
  readonly environment: Readonly<Record<string, string>>;
  readonly cast: readonly CastFixture[];
}

/** Equal for variables of the same names and values. */
export function nameEnvironment(environment: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(environment).sort());
}

function written({ environment = {} }: Fixture): string {
  return nameEnvironment(environment);
}

/** Makes up the values of each fixture. The values of environment variables are those of the first fixture of a group. */
export function groupFixtures(fixtures: readonly ReadFixture[], urls: ReceiverUrls): readonly Group[] {
  const groups = new Map<string, CastFixture[]>();
  for (const each of fixtures) {
    const name = written(each.fixture);
    const cast = groups.get(name) ?? [];
    groups.set(name, cast);
    cast.push({ ...each, values: createValues(urls) });
  }
  return [...groups.values()].map((cast) => {
    const [first] = cast;
    return { environment: first === undefined ? {} : fillEnvironment(first.fixture, first.values), cast };
  });
}
