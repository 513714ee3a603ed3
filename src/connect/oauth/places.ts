// Where the secrets of a destination are kept, and how the settings name them.

import { dirname, join } from 'node:path';
import type { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import { isServiceUrl } from '../../settings/sources/location.js';
import type { Change } from '../../settings/write/change-values.js';
import { ConnectError } from '../connection.js';
import { makeSecretFile, namesFile, readSecretFile, referenceTo, secretsDirectory } from '../secret-files.js';
import { type OpenSettings, openSettings } from '../settings-file.js';
import { itemAdded, itemsRemoved, listIn } from '../settings-lists.js';
import type { Task } from '../tasks.js';
import type { DestinationKind, SenderSecrets } from './destination.js';
import type { ConnectByOAuthOptions } from './options.js';

/** One secret. */
export interface KeptSecret {
  readonly kind: keyof SenderSecrets;
  readonly file: string;
  /** As the settings name it. */
  readonly reference: string;
}

/** What a secret is called, and in which list of the settings it stands. */
const SECRETS = {
  header: { list: 'headerSecrets', title: 'header secret' },
  signature: { list: 'sharedSecrets', title: 'shared secret' },
  apiKey: { list: 'apiKeys', title: 'API key' },
} as const;

/** The settings of the workspace. @throws ConnectError also where no document could name the files of what is made */
export async function openOwnSettings({ settingsLocation, workspace }: ConnectByOAuthOptions): Promise<OpenSettings> {
  if (isServiceUrl(settingsLocation))
    throw new ConnectError(
      'settings',
      'Secrets and the install are kept in files, which the documents of a config service cannot name. Connect with a Public API token, or by hand.',
    );
  return openSettings(settingsLocation, workspace, undefined);
}

/** Where secrets are. @param settings of the workspace */
export function secretsPlace({ secretsDirectory: directory }: ConnectByOAuthOptions, { file }: OpenSettings): string {
  return directory ?? secretsDirectory(dirname(file));
}

/**
 * The secrets that a destination of this kind needs here. One kind of proof beside another makes each needed, so that senders of before would be refused: of the two that a webhook
 * may bring, only those are made that the settings have, and both where they have none.
 */
export function secretsFor(
  { secrets }: DestinationKind,
  options: ConnectByOAuthOptions,
  settings: OpenSettings,
): readonly KeptSecret[] {
  const has = (kind: keyof SenderSecrets) => listIn(settings.value, 'segment', SECRETS[kind].list).length > 0;
  const hasOne = secrets.some(has);
  return secrets
    .filter((kind) => !hasOne || has(kind))
    .map((kind) => {
      const file = join(secretsPlace(options, settings), `${options.workspace}-segment-oauth-${kind.toLowerCase()}`);
      return { kind, file, reference: referenceTo(file, settings.file) };
    });
}

/** All that connecting may have made. */
export function allSecrets(kind: DestinationKind, options: ConnectByOAuthOptions, settings: OpenSettings) {
  return secretsFor(kind, options, { ...settings, value: undefined });
}

/** What the files hold. */
export async function readSecrets(kept: readonly KeptSecret[]): Promise<SenderSecrets> {
  const read = async ({ kind, file }: KeptSecret): Promise<readonly [string, Secret | undefined]> => [
    kind,
    await readSecretFile(file),
  ];
  return Object.fromEntries((await Promise.all(kept.map(read))).filter(([, secret]) => secret !== undefined));
}

/** The task that makes one. */
export async function secretTask({ kind, file }: KeptSecret): Promise<Task> {
  const isThere = (await readSecretFile(file)) !== undefined;
  const title = `Make the ${SECRETS[kind].title} in ${file}`;
  return {
    step: { id: `make-${kind.toLowerCase()}`, title, kind: 'file', state: isThere ? 'there' : 'to-do' },
    run: async () => void (await makeSecretFile(file)),
  };
}

function isNamed({ file, reference }: KeptSecret, document: string) {
  return (item: unknown) => item === reference || namesFile(item, file, document);
}

/** Custom id that anonymous people are counted by, as Segment's and Statsig's pages about each other name it. */
const ANONYMOUS = { from: 'anonymousId', to: 'segmentAnonymousId' };

/** What the settings have to say. */
export function changesToConnect({ value, file }: OpenSettings, kept: readonly KeptSecret[]): readonly Change[] {
  const changes = kept.flatMap((each) =>
    itemAdded(value, ['segment', SECRETS[each.kind].list], each.reference, isNamed(each, file)),
  );
  return value === undefined ? [...changes, { at: ['identifierMappings'], value: [ANONYMOUS] }] : changes;
}

/** Only what names the files that were made: what people wrote themselves stays. */
export function changesToUndo({ value, file }: OpenSettings, kept: readonly KeptSecret[]): readonly Change[] {
  const places = kept.map((each) => ({
    at: ['segment', SECRETS[each.kind].list] as const,
    isGone: isNamed(each, file),
  }));
  return isJsonObject(value) ? itemsRemoved(value, places) : [];
}
