// Reads the settings of a workspace from their file, as they may be shown.

import { createHmac, randomBytes } from 'node:crypto';
import { PluginError } from '../../base/errors.js';
import type { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import { DEFAULT_DOCUMENT } from '../../settings/default-document.js';
import { describeLocation, isServiceUrl } from '../../settings/sources/location.js';
import type { WorkspaceStore } from '../../settings/store.js';
import {
  firstFile,
  kindOfPlace,
  listFiles,
  readFileText,
  readServiceText,
  type ShownText,
  type showText,
  versionOf,
  type WorkspaceInFile,
} from '../../settings/write/settings-files.js';
import { workAside } from '../../settings/write/text-aside.js';
import { findWriteTarget, type WriteTarget } from '../../settings/write/write-problem.js';
import { secretTexts } from '../known-secrets.js';
import type { SettingsDocument, SettingsRemark, SettingsState, SettingsWorkspace } from './shapes.js';

/** A file and the settings of a workspace in it. */
export interface OpenDocument {
  readonly workspace: string;
  readonly file: string;
  /** `undefined`: there is no file yet, and `shown` is what a first one would hold. */
  readonly text: string | undefined;
  readonly shown: ShownText;
  readonly own: WorkspaceInFile;
  readonly version: string;
}

/** The id of the workspace that is built in where there are no settings. */
const FIRST_ID = 'default';

/** What a first file holds: the workspace that was in force without it, for the senders that it has. */
const FIRST_TEXT = `# Settings of one workspace. Whatever is not here has its default.
id: ${FIRST_ID}
trackingApi:
  writeKeys: [default]
`;

/** Nobody outside can work out from it what a file holds. */
const KEY = randomBytes(32);

/** Of a text and of what is hidden in it: what `kept:1` stands for depends on both. */
function shownVersion(text: string, { keys }: Pick<ShownText, 'keys'>): string {
  return createHmac('sha256', KEY)
    .update(JSON.stringify([text, [...keys]]))
    .digest('base64url');
}

/** Where a document cannot be shown. */
export interface Unreadable {
  readonly problem: string;
}

/** Reads settings for people. */
export interface DocumentReader {
  readonly location: string;
  state(): Promise<SettingsState>;
  /** @throws PluginError WORKSPACE_UNKNOWN */
  open(workspace: string | undefined): Promise<OpenDocument | Unreadable>;
  /** A text of a file as it may be shown. */
  show(text: string, file: string): Promise<ReturnType<typeof showText>>;
  /** Keys in force. */
  known(): readonly string[];
  /** Names a text that is shown. */
  version(shown: Pick<ShownText, 'text' | 'keys'>): string;
}

/** @param token for a config service */
export function createDocumentReader(
  location: string,
  store: WorkspaceStore,
  token: Secret | undefined,
): DocumentReader {
  const known = () => secretTexts(store.documents);
  const show = (text: string, file: string) => workAside('show', text.length, text, file, known());

  async function look(file: string): Promise<{ readonly text: string; readonly shown: ShownText } | Unreadable> {
    const read = isServiceUrl(location) ? await readServiceText(location, token) : await readFileText(file);
    if (read === undefined) return { problem: 'is not there any more' };
    if ('problem' in read) return read;
    const shown = await show(read.text, file);
    if (!('shown' in shown))
      return {
        problem: `cannot be read as YAML, so that nothing tells its keys from the rest: correct it in an editor (line ${shown.line}, column ${shown.column}: ${shown.message})`,
      };
    return { text: read.text, shown };
  }

  /** Of what is not in force the files alone know. */
  async function state(): Promise<SettingsState> {
    const kind = await kindOfPlace(location);
    const { generation, lastError, missing = [] } = store.status();
    const inForce = store.documents.map(({ id, source }) => ({ id, file: source, inForce: true }));
    const others: SettingsWorkspace[] = [];
    const unreadable: SettingsRemark[] = [];
    if (lastError !== undefined && kind !== 'service') {
      for (const file of await listFiles(location)) {
        const found = await look(file);
        if ('problem' in found) unreadable.push({ file, path: '', message: found.problem });
        else
          for (const { id } of found.shown.workspaces)
            if (!store.documents.some((document) => document.id === id)) others.push({ id, file, inForce: false });
      }
    }
    return {
      location: describeLocation(location),
      kind,
      generation,
      ...(lastError !== undefined && { lastError }),
      missing,
      workspaces: [...inForce, ...others],
      unreadable,
    };
  }

  async function first(workspace: string): Promise<OpenDocument> {
    const { file } = firstFile(location);
    const shown = await show(FIRST_TEXT, file);
    const own = 'shown' in shown ? shown.workspaces.find(({ id }) => id === workspace) : undefined;
    if (own === undefined || !('shown' in shown)) throw new PluginError('WORKSPACE_UNKNOWN');
    return { workspace, file, text: undefined, shown, own, version: versionOf(undefined) };
  }

  /** @returns undefined for the one that is built in, and where nothing is yet */
  async function fileOf(workspace: string): Promise<string | undefined> {
    const inForce = store.findById(workspace);
    if (inForce !== undefined && inForce !== DEFAULT_DOCUMENT) return inForce.source;
    return (await state()).workspaces.find(({ id, inForce: isNow }) => id === workspace && !isNow)?.file;
  }

  return {
    location,
    state,
    show,
    known,
    version: (shown) => shownVersion(shown.text, shown),
    async open(named) {
      const kind = await kindOfPlace(location);
      const workspace = named ?? store.documents[0]?.id ?? FIRST_ID;
      const file = kind === 'service' ? describeLocation(location) : await fileOf(workspace);
      const files = kind === 'service' ? [describeLocation(location)] : await listFiles(location);
      if (file === undefined) {
        if (files.length === 0) return first(workspace);
        throw new PluginError('WORKSPACE_UNKNOWN');
      }
      if (!files.includes(file))
        return { problem: `${file} is no settings file of this process, or is not there any more` };
      const found = await look(file);
      if ('problem' in found) return { problem: `${file} ${found.problem}` };
      const own = found.shown.workspaces.find(({ id }) => id === workspace);
      if (own === undefined) return { problem: `${file} does not name the workspace ${workspace} any more` };
      return { workspace, file, ...found, own, version: shownVersion(found.text, found.shown) };
    },
  };
}

/** For people. @param location where settings come from */
export async function toAnswer(
  { workspace, file, text, shown, own, version }: OpenDocument,
  location: string,
): Promise<SettingsDocument> {
  const { problem } = text === undefined ? {} : await findTarget(location, file);
  return {
    workspace,
    file,
    version,
    text: shown.shown,
    value: isJsonObject(own.value) ? own.value : {},
    others: shown.workspaces.map(({ id }) => id).filter((id) => id !== workspace),
    hasKeys: shown.keys.size > 0,
    ...(problem !== undefined && { writeProblem: problem }),
  };
}

/** The file that is replaced, and why it is not. @param location where settings come from */
export async function findTarget(location: string, file: string): Promise<WriteTarget> {
  if (isServiceUrl(location)) return { path: file, problem: 'is a config service: make this edit there' };
  return findWriteTarget(file);
}
