// Makes the exposures of a shop's experiments: who sees what again and again, each time decided by a seed.

import { createRandom, type Random } from '../random.js';
import { type Experiment, experimentAt, groupOf } from './experiments.js';
import { type ExposedPerson, type ExposedUser, makePeople } from './people.js';

/** How much traffic. */
export interface Traffic {
  /** A whole number; equal seeds give equal exposures. */
  readonly seed: number;
  readonly exposures: number;
  /** Each is exposed at least once. */
  readonly users: number;
  readonly experiments: number;
}

/** An exposure as Statsig's event webhook sends it. */
export interface Exposure {
  readonly eventName: string;
  readonly user: ExposedUser;
  readonly userID?: string;
  readonly companyID?: number;
  /** Name of the unit. */
  readonly unitID?: string;
  /** Milliseconds since the epoch; Statsig sends both forms. */
  readonly timestamp: number | string;
  readonly timeUUID: string;
  readonly metadata: {
    readonly config: string;
    readonly ruleID: string;
    readonly experimentGroupName?: string;
    readonly allocatedExperiment?: string;
    readonly parameterName?: string;
  };
  readonly statsigMetadata: { readonly sdkType: string; readonly stableID?: string };
}

const START = Date.UTC(2026, 0, 15, 9);
const MS_APART = 2_000;

function makeUuid(random: Random): string {
  const hex = Array.from({ length: 8 }, () => random.whole(0, 0xffff).toString(16).padStart(4, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function metadataOf(experiment: Experiment, unitValue: string, isLate: boolean, random: Random): Exposure['metadata'] {
  const { name, layer } = experiment;
  const group = groupOf(experiment, unitValue, isLate);
  if (layer === undefined) return { config: name, ...group };
  const parameterName = random.chance(0.5) ? 'title' : 'colour';
  return { config: layer, allocatedExperiment: name, parameterName, ...group };
}

/** @param time milliseconds since the epoch @param isLate in the second half of the time */
function expose(
  person: ExposedPerson,
  experiment: Experiment,
  time: number,
  isLate: boolean,
  random: Random,
): Exposure {
  const { layer, unit } = experiment;
  const { user, stableID, isBrowser, companyID } = person.at(isLate, random);
  const values: Readonly<Record<string, unknown>> = { userID: user.userID, stableID, companyID };
  const unitValue = String(values[unit ?? 'userID'] ?? user.userID ?? stableID);
  return {
    eventName: layer === undefined ? 'statsig::experiment_exposure' : 'statsig::layer_exposure',
    user,
    ...(user.userID !== undefined && { userID: user.userID }),
    ...(companyID !== undefined && user.customIDs?.companyID === undefined && { companyID }),
    ...(unit !== undefined && { unitID: unit }),
    timestamp: random.chance(0.5) ? time : String(time),
    timeUUID: makeUuid(random),
    metadata: metadataOf(experiment, unitValue, isLate, random),
    statsigMetadata: isBrowser ? { sdkType: 'js-client', stableID } : { sdkType: 'statsig-server-core-node' },
  };
}

/** In the order in which they happened. @throws RangeError where there are fewer exposures than users */
export function makeExposures({ seed, exposures, users, experiments }: Traffic): readonly Exposure[] {
  const every = Math.floor(exposures / users);
  if (every === 0) throw new RangeError('each user is exposed at least once');
  const random = createRandom(seed);
  const people = makePeople(users, experiments, random);
  return Array.from({ length: exposures }, (_, position) => {
    const turn = position / every;
    const isAnybodys = !Number.isInteger(turn) || turn >= users;
    // Few come often, many seldom.
    const person = people[isAnybodys ? Math.floor(users * random.fraction() ** 2) : turn];
    if (person === undefined) throw new RangeError('there is no such person');
    const experiment = experimentAt(person.seen(random));
    return expose(person, experiment, START + position * MS_APART, position >= exposures / 2, random);
  });
}
