// Connects Segment by OAuth: a person allows one destination of one source, and it is made with the older Config API.
//
// It works only for owners of an app made before Segment closed registration.

import type { EpochMs } from '../../base/time.js';
import { ConnectError } from '../connection.js';
import { removeSecretFile } from '../secret-files.js';
import { createConnection, type PlannedConnection, type Task } from '../tasks.js';
import { checkApp } from './app.js';
import { beginAuthorization, type PendingAuthorization } from './authorization.js';
import { type Allowed, type Grant, isInstall } from './grant.js';
import { installFile, readInstall, writeInstall } from './install-file.js';
import type { ConnectByOAuthOptions } from './options.js';
import { openOwnSettings, secretsPlace } from './places.js';
import { connectTasks, undoTasks } from './tasks.js';
import { keepToken, type TokenKeeper } from './token-keeper.js';

/** Where a person is sent. */
export interface BegunConsent {
  readonly url: string;
  /** Comes back with the answer. A secret until then. */
  readonly state: string;
}

/** Connecting by OAuth: what it does is known once somebody has allowed it. Everything but the install's name is in memory alone. */
export interface OAuthConnection extends PlannedConnection {
  /** Whether somebody has to allow it first. @throws ConnectError */
  needsConsent(): Promise<boolean>;
  /** A new request for consent; one that was begun before ends. @throws ConnectError where the app cannot be used as it is told */
  begin(): Promise<BegunConsent>;
  /** Whether an answer is to the request that was begun. */
  isAnswer(query: URLSearchParams): boolean;
  /**
   * Takes the answer to it, once: gets the token for its code, and remembers the install beside the settings.
   *
   * @throws ConnectError where it was denied, the code has ended or was used, or it is no answer to the request
   */
  finish(query: URLSearchParams): Promise<void>;
}

/** What may be acted on, with a token for it. */
interface Access {
  readonly allowed: Allowed;
  readonly tokens: TokenKeeper;
}

/** @param now milliseconds since 1970 */
export function connectSegmentByOAuth(options: ConnectByOAuthOptions, now: () => EpochMs = Date.now): OAuthConnection {
  const { app, install, patience = {} } = options;
  let pending: PendingAuthorization | undefined;
  let granted: Access | undefined;

  function accessOf(allowed: Allowed, token?: Grant['token']): Access {
    return { allowed, tokens: keepToken({ app, token, install: allowed.install, patience, now }) };
  }

  async function rememberedFile(): Promise<string> {
    return installFile(secretsPlace(options, await openOwnSettings(options)), options.workspace);
  }

  async function remembered(): Promise<Allowed | undefined> {
    if (app.refresh !== 'install') return undefined;
    const known = await readInstall(await rememberedFile());
    if (install === undefined) return known?.install === undefined ? undefined : known;
    if (!isInstall(install)) throw new ConnectError('settings', '--install is a name as in installs/7.');
    return known?.install === install ? known : { install, workspaces: [], sources: [] };
  }

  /** @returns undefined as long as it is not allowed */
  async function access(): Promise<Access | undefined> {
    checkApp(app);
    if (granted !== undefined) return granted;
    const known = await remembered();
    if (known !== undefined) granted = accessOf(known);
    return granted;
  }

  async function needed(): Promise<Access> {
    const found = await access();
    if (found !== undefined) return found;
    throw new ConnectError('right-missing', 'It is not allowed in Segment yet: begin with that.');
  }

  async function survey(): Promise<readonly Task[]> {
    return connectTasks(options, await access());
  }

  async function surveyUndo(): Promise<readonly Task[]> {
    const file = await rememberedFile();
    const tasks = await undoTasks(options, await needed());
    const known = await readInstall(file);
    const title = `Remove ${file}`;
    const note = `The app stays installed in Segment, as ${known?.install}: no call takes it out. Name it with --install to connect again.`;
    const forget: Task = {
      step: { id: 'forget-install', title, note, kind: 'file', state: 'to-do' },
      run: async () => void (await removeSecretFile(file)),
    };
    return known === undefined ? tasks : [...tasks, forget];
  }

  const connection = createConnection(survey, surveyUndo);
  return {
    ...connection,
    async apply(report) {
      await needed();
      await connection.apply(report);
    },
    needsConsent: async () => (await access()) === undefined,
    async begin() {
      pending = await beginAuthorization(app, patience);
      const { url, state } = pending;
      return { url, state };
    },
    isAnswer: (query) => pending?.isAnswer(query) ?? false,
    async finish(query) {
      if (pending === undefined)
        throw new ConnectError('refused', 'Nothing was asked for here that this could be the answer to. Begin again.');
      const { token, allowed } = await pending.finish(query);
      pending = undefined;
      granted = accessOf(allowed, token);
      if (allowed.install !== undefined) await writeInstall(await rememberedFile(), allowed);
    },
  };
}
