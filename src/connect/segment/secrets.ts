// The secrets of a connection with Segment: where they are kept, and how the settings name them.

import { dirname, join } from 'node:path';
import { Secret } from '../../base/secret.js';
import { readLocalSecret, resolveSecretKey } from '../../settings/secret-reference.js';
import { ConnectError } from '../connection.js';
import { makeSecretFile, readSecretFile, referenceTo, secretsDirectory } from '../secret-files.js';
import type { OpenSettings } from '../settings-file.js';
import type { Task } from '../tasks.js';
import type { ConnectSegmentOptions, SecretPlace } from './options.js';

/** The places of all secrets. */
export interface SecretPlaces {
  readonly header: SecretPlace;
  readonly shared: SecretPlace;
  readonly writeKey: SecretPlace & { readonly file: string };
}

/** A secret of somebody else's keeping. */
function givenPlace(reference: string, option: string, settings: OpenSettings): SecretPlace {
  return {
    reference,
    async read() {
      const { secret, problem } = resolveSecretKey(reference, dirname(settings.file), readLocalSecret);
      if (secret !== undefined) return secret;
      throw new ConnectError('settings', `${option}: ${problem ?? 'it cannot be read'}.`);
    },
  };
}

function keptPlace(file: string, settings: OpenSettings): SecretPlace & { readonly file: string } {
  return { file, reference: referenceTo(file, settings.file), read: () => readSecretFile(file) };
}

/** @returns where each secret is, and will be */
export function placesOf(options: ConnectSegmentOptions, settings: OpenSettings): SecretPlaces {
  const { workspace, headerSecret, sharedSecret } = options;
  const directory = options.secretsDirectory ?? secretsDirectory(dirname(settings.file));
  const kept = (what: string) => keptPlace(join(directory, `${workspace}-segment-${what}`), settings);
  return {
    header: headerSecret === undefined ? kept('header') : givenPlace(headerSecret, '--header-secret', settings),
    shared: sharedSecret === undefined ? kept('shared') : givenPlace(sharedSecret, '--shared-secret', settings),
    writeKey: kept('write-key'),
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
