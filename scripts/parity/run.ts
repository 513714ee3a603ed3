// Plays all fixtures that are of a script's protocol against it.

import { messageOf } from '../../src/base/system-error.js';
import type { Fixture } from '../../src/contract/fixture.js';
import type { Difference } from '../../src/contract/match.js';
import { type ReadFixture, readFixtures } from '../../src/contract/read-fixtures.js';
import type { FunctionScript } from '../../src/functions/scripts.js';
import {
  DESTINATION_EXCEPTIONS,
  type Exception,
  exceptionFor,
  isNamed,
  SOURCE_EXCEPTIONS,
  TRANSFORMATION_EXCEPTIONS,
} from './exceptions.js';
import { playConversion, playRudderStack, playSegment, playStatsig } from './play.js';

/** One feature in one script: fixtures of a folder. */
interface Feature {
  readonly title: string;
  readonly script: FunctionScript['name'];
  /** Of fixtures. */
  readonly folder: string;
  readonly isPlayed: (fixture: Fixture) => boolean;
  readonly play: (script: string, fixture: Fixture) => Promise<readonly Difference[]>;
  readonly exceptions: readonly Exception[];
}

const ofProtocol =
  (protocol: Fixture['protocol']) =>
  (fixture: Fixture): boolean =>
    fixture.protocol === protocol;

/** What rudder-server's processor asks for. */
const isProcessor = ({ protocol, exchanges }: Fixture): boolean =>
  protocol === 'rudderstack' && exchanges.every(({ request }) => request.path === '/v0/destinations/statsig');

const segment = { script: 'destination-function', play: playSegment, exceptions: DESTINATION_EXCEPTIONS } as const;
const statsig = { script: 'source-function', play: playStatsig, exceptions: SOURCE_EXCEPTIONS } as const;
const rudderstack = { script: 'transformation', play: playRudderStack, exceptions: TRANSFORMATION_EXCEPTIONS } as const;

const FEATURES: readonly Feature[] = [
  {
    title: 'Rules of conversion: types, names, ids, mappings, filters, environments, values, loops',
    folder: 'inbound',
    isPlayed: isProcessor,
    ...segment,
    play: playConversion,
  },
  { title: 'The same in RudderStack', folder: 'inbound', isPlayed: isProcessor, ...rudderstack },
  { title: "Segment's events", folder: 'segment', isPlayed: ofProtocol('segment'), ...segment },
  { title: 'Audiences of Engage', folder: 'audiences', isPlayed: ofProtocol('segment'), ...segment },
  { title: 'Deletions', folder: 'deletions', isPlayed: ofProtocol('segment'), ...segment },
  { title: "Segment's own code, recorded", folder: 'recorded', isPlayed: ofProtocol('segment'), ...segment },
  { title: 'Requests of rudder-server', folder: 'rudderstack', isPlayed: isProcessor, ...rudderstack },
  { title: 'rudder-server, recorded', folder: 'recorded', isPlayed: isProcessor, ...rudderstack },
  {
    title: 'Exposures, custom events and config changes of Statsig',
    folder: 'outbound',
    isPlayed: ofProtocol('statsig'),
    ...statsig,
  },
  { title: "Statsig's webhook", folder: 'statsig', isPlayed: ofProtocol('statsig'), ...statsig },
  { title: "Statsig's webhook, recorded", folder: 'recorded', isPlayed: ofProtocol('statsig'), ...statsig },
];

/** A fixture that was played. */
export interface PlayedOnce {
  /** As `folder/name`. */
  readonly name: string;
  /** None: it is equal. */
  readonly differences: readonly Difference[];
  /** Of one that is not equal. */
  readonly exception: Exception | undefined;
}

/** What came of a feature. */
export interface FeatureResult {
  readonly title: string;
  readonly script: FunctionScript['name'];
  readonly folder: string;
  readonly played: readonly PlayedOnce[];
}

async function playOnce(feature: Feature, script: string, { file, fixture }: ReadFixture): Promise<PlayedOnce> {
  const name = file.replace(/\.json$/, '');
  let differences: readonly Difference[];
  try {
    differences = await feature.play(script, fixture);
  } catch (error) {
    differences = [{ where: 'the script', expected: undefined, actual: messageOf(error) }];
  }
  return { name, differences, exception: differences.length > 0 ? exceptionFor(name, feature.exceptions) : undefined };
}

/** Plays them. @param scripts text of each, as it is built */
export async function runParity(scripts: ReadonlyMap<string, string>): Promise<readonly FeatureResult[]> {
  const fixtures = readFixtures();
  const results: FeatureResult[] = [];
  for (const feature of FEATURES) {
    const { title, script, folder, isPlayed } = feature;
    const played: PlayedOnce[] = [];
    for (const each of fixtures) {
      if (!each.file.startsWith(`${folder}/`) || !isPlayed(each.fixture)) continue;
      played.push(await playOnce(feature, scripts.get(script) ?? '', each));
    }
    results.push({ title, script, folder, played });
  }
  return results;
}

/** Patterns of exceptions that name nothing that is different: what they were for is gone. */
export function staleExceptions(results: readonly FeatureResult[]): readonly string[] {
  return [DESTINATION_EXCEPTIONS, SOURCE_EXCEPTIONS, TRANSFORMATION_EXCEPTIONS].flatMap((exceptions) => {
    const different = results.flatMap(({ played, script }) =>
      FEATURES.some((feature) => feature.script === script && feature.exceptions === exceptions)
        ? played.filter(({ differences }) => differences.length > 0)
        : [],
    );
    return exceptions.flatMap(({ files }) =>
      files.filter((pattern) => !different.some(({ name }) => isNamed(name, pattern))),
    );
  });
}
