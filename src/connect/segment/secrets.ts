// The secrets of a connection with Segment: where they are kept, and how the settings name them.

import { dirname, join } from 'node:path';
import { Secret } from '../../base/secret.js';
import { readLocalSecret, resolveSecretKey } from '../../settings/secret-reference.js';
import { isServiceUrl } from '../../settings/sources/location.js';
import { ConnectError } from '../connection.js';
import { makeSecretFile, readSecretFile, referenceTo, secretsDirectory } from '../secret-files.js';
import type { OpenSettings } from '../settings-file.js';
import type { Task } from '../tasks.js';
import type { ConnectSegmentOptions, SecretPlace } from './options.js';

/** The places of all secrets. */
export interface SecretPlaces {
  readonly header: SecretPlace;
  readonly shared: SecretPlace;
  readonly writeKey: SecretPlace;
}

/** A secret of somebody else's keeping. @param why what a person should know where it is not there */
function givenPlace(reference: string, why: string, settings: OpenSettings): SecretPlace {
  return {
    reference,
    async read() {
      const { secret, problem } = resolveSecretKey(reference, dirname(settings.file), readLocalSecret);
      if (secret !== undefined) return secret;
      throw new ConnectError('settings', `${problem ?? `${reference} cannot be read`}: ${why}.`);
    },
  };
}

function keptPlace(file: string, settings: OpenSettings): SecretPlace {
  return { file, reference: referenceTo(file, settings.file), read: () => readSecretFile(file) };
}

const MAKE_IT =
  'the document of a config service cannot name files of this machine. Make a secret (openssl rand -hex 32), and set it in this variable, here and where the process runs';

/** What a config service names in the place of a file. */
function variableFor(workspace: string, what: string): string {
  return `env:${['SEGMENT', workspace, what]
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_')}`;
}

/** Where secrets are in variables that a person sets. */
function variablePlaces({ workspace }: ConnectSegmentOptions, settings: OpenSettings): SecretPlaces {
  const place = (what: string) => givenPlace(variableFor(workspace, what), MAKE_IT, settings);
  const reference = variableFor(workspace, 'write-key');
  // It is copied from Segment to where the process runs: this command does without it.
  return {
    header: place('header-secret'),
    shared: place('shared-secret'),
    writeKey: { reference, read: async () => undefined },
  };
}

/** Where secrets are in files of their own. */
function filePlaces(
  { workspace, secretsDirectory: given }: ConnectSegmentOptions,
  settings: OpenSettings,
): SecretPlaces {
  const directory = given ?? secretsDirectory(dirname(settings.file));
  const place = (what: string) => keptPlace(join(directory, `${workspace}-segment-${what}`), settings);
  return { header: place('header'), shared: place('shared'), writeKey: place('write-key') };
}

/** @returns where each secret is, and will be */
export function placesOf(options: ConnectSegmentOptions, settings: OpenSettings): SecretPlaces {
  const { headerSecret, sharedSecret } = options;
  const places = isServiceUrl(settings.location) ? variablePlaces(options, settings) : filePlaces(options, settings);
  return {
    ...places,
    ...(headerSecret !== undefined && { header: givenPlace(headerSecret, 'it is named by --header-secret', settings) }),
    ...(sharedSecret !== undefined && { shared: givenPlace(sharedSecret, 'it is named by --shared-secret', settings) }),
  };
}

/** The task that makes a secret. @returns undefined for one of somebody else's keeping */
export async function secretTask(place: SecretPlace, id: string, what: string): Promise<Task | undefined> {
  const { file } = place;
  if (file === undefined) return undefined;
  const isThere = (await place.read()) !== undefined;
  const title = `Make the ${what} in ${file}`;
  return {
    step: { id, title, kind: 'file', state: isThere ? 'there' : 'to-do' },
    run: async () => void (await makeSecretFile(file)),
  };
}

/** How people see a secret: by where it is, or itself where they ask for it. */
export async function shownSecret(place: SecretPlace, isShown: boolean): Promise<string> {
  const secret = isShown ? await place.read() : undefined;
  if (secret instanceof Secret) return secret.reveal();
  return `(the secret in ${place.file ?? place.reference})`;
}
