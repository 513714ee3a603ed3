// What connecting by OAuth does, one thing after the other, and what takes it back.

import { ConnectError } from '../connection.js';
import { readSecretFile, removeSecretFile } from '../secret-files.js';
import { awaitReach } from '../segment/reach.js';
import { type OpenSettings, settingsTask, undoSettingsTask } from '../settings-file.js';
import type { Step } from '../step.js';
import type { Task } from '../tasks.js';
import { slugOf } from './app.js';
import {
  type ConfigApi,
  type ConfigDestination,
  collectionOf,
  createConfigApi,
  creationOf,
  updateOf,
} from './config-api.js';
import { type DestinationKind, destinationKindOf, hideSecrets, isAsWanted, type SenderSecrets } from './destination.js';
import type { Allowed } from './grant.js';
import type { ConnectByOAuthOptions } from './options.js';
import {
  allSecrets,
  changesToConnect,
  changesToUndo,
  type KeptSecret,
  openOwnSettings,
  readSecrets,
  secretsFor,
  secretTask,
} from './places.js';
import type { TokenKeeper } from './token-keeper.js';

/** What may be acted on, with a token for it. */
export interface OAuthAccess {
  readonly allowed: Allowed;
  readonly tokens: TokenKeeper;
}

/** Stands for a source that is not chosen yet. */
const CHOSEN_LATER = 'workspaces/(chosen in Segment)/sources/(chosen in Segment)';

/** What all tasks are about. */
interface Subject {
  readonly options: ConnectByOAuthOptions;
  readonly settings: OpenSettings;
  readonly kind: DestinationKind;
  readonly kept: readonly KeptSecret[];
  /** Of the destination. */
  readonly name: string;
  /** That its events are posted to. */
  readonly url: string;
}

/** The source that somebody has allowed. @throws ConnectError unless it is one */
function pickSource({ sources }: Allowed, asked: string | undefined): string {
  if (asked?.startsWith('workspaces/') && sources.length === 0) return asked;
  const fitting =
    asked === undefined ? sources : sources.filter((each) => each === asked || each.endsWith(`/${asked}`));
  const [source, ...others] = fitting;
  if (source !== undefined && others.length === 0) return source;
  if (sources.length === 0)
    throw new ConnectError(
      'not-found',
      'Segment does not say which source was allowed. Name it: --source workspaces/WORKSPACE/sources/SOURCE.',
    );
  throw new ConnectError(
    'ambiguous',
    `${asked === undefined ? 'Several sources are' : 'Another source is'} allowed. Pick one with --source: ${sources.join(', ')}.`,
  );
}

function apiOf({ app: { configUrl }, patience = {} }: ConnectByOAuthOptions, { tokens }: OAuthAccess): ConfigApi {
  return createConfigApi({ configUrl, tokens, patience });
}

function wantedOf({ kind, name, url }: Subject, secrets: SenderSecrets): ConfigDestination {
  return { name, connection_mode: 'CLOUD', config: kind.configOf(name, url, secrets), enabled: true };
}

function shownOf(subject: Subject): ConfigDestination {
  return wantedOf(subject, hideSecrets(subject.kept.map(({ kind }) => kind)));
}

async function subjectOf(options: ConnectByOAuthOptions, source: string): Promise<Subject> {
  const { app, workspace, publicUrl } = options;
  const settings = await openOwnSettings(options);
  const slug = slugOf(app.scope);
  const kind = destinationKindOf(slug);
  return {
    options,
    settings,
    kind,
    kept: secretsFor(kind, options, settings),
    name: `${source}/destinations/${slug}`,
    url: `${publicUrl}/segment/${workspace}`,
  };
}

function consentTask({ app }: ConnectByOAuthOptions, access: OAuthAccess | undefined): Task {
  const id = 'allow';
  if (access !== undefined) {
    const { install, sources } = access.allowed;
    const title = `It is allowed in Segment${install === undefined ? '' : `, as ${install}`}: ${sources.join(', ') || 'see --source'}`;
    return { step: { id, title, kind: 'wait', state: 'there' } };
  }
  const title = 'Ask in a browser that an owner of the Segment workspace picks it and a source, and allows it';
  return { step: { id, title, kind: 'wait', state: 'to-do', call: { method: 'GET', url: app.authorizeUrl } } };
}

function reachTask({ url, kept }: Subject, signal: AbortSignal | undefined): Task {
  const step: Step = { id: 'reach', title: `Ask ${url} with the new secrets`, kind: 'wait', state: 'to-do' };
  async function run() {
    const { header, signature, apiKey } = await readSecrets(kept);
    return awaitReach({ url, header, shared: signature, apiKey, ...(signal !== undefined && { signal }) });
  }
  return { step, run };
}

const DESTINATION = 'create-destination';

function foreign({ name, url, kind }: Subject): ConnectError {
  const whose = kind.isAimedByOwner ? 'has another API key' : `does not post to ${url} alone`;
  return new ConnectError(
    'ambiguous',
    `${name} is there and ${whose}: somebody else has made it, and it is left alone. A source can have one such destination by this API: remove it in Segment, allow another source, or connect with a Public API token.`,
  );
}

function createTask(subject: Subject, api: ConfigApi | undefined): Task {
  const { name, kept, options } = subject;
  const step: Step = {
    id: DESTINATION,
    title: `Make ${name}`,
    kind: 'call',
    state: 'to-do',
    call: { method: 'POST', url: `${options.app.configUrl}/${collectionOf(name)}`, body: creationOf(shownOf(subject)) },
  };
  async function run(): Promise<undefined> {
    const secrets = await readSecrets(kept);
    await api?.create(wantedOf(subject, secrets), Object.values(secrets));
  }
  return api === undefined ? { step } : { step, run };
}

function updateTask(subject: Subject, api: ConfigApi, found: ConfigDestination, secrets: SenderSecrets): Task {
  const { name, options } = subject;
  const wanted = wantedOf(subject, secrets);
  if (isAsWanted(found, wanted))
    return { step: { id: DESTINATION, title: `${name} is there`, kind: 'call', state: 'there' } };
  const call = { method: 'PATCH', url: `${options.app.configUrl}/${name}`, body: updateOf(shownOf(subject)) };
  return {
    step: { id: DESTINATION, title: `Correct ${name}`, kind: 'call', state: 'to-do', call },
    run: async () => api.update(wanted, Object.values(secrets)).then(() => undefined),
  };
}

async function destinationTask(subject: Subject, access: OAuthAccess | undefined): Promise<Task> {
  if (access === undefined) return createTask(subject, undefined);
  const api = apiOf(subject.options, access);
  const found = await api.find(subject.name);
  if (found === undefined) return createTask(subject, api);
  const secrets = await readSecrets(subject.kept);
  if (!subject.kind.isOurs(found, subject.url, secrets)) throw foreign(subject);
  return updateTask(subject, api, found, secrets);
}

/** What no call of an app with the scope of one destination can do. */
async function handTasks({ kind, url, options }: Subject): Promise<readonly Task[]> {
  const byHand = { kind: 'by-hand', state: 'to-do' } as const;
  const aim: Step = {
    id: 'aim-component',
    title: "Check that your component in Segment's Developer Center posts here",
    ...byHand,
    byHand: [{ text: 'Developer Center > your component > the address that events are posted to:', paste: url }],
  };
  const test: Step = {
    id: 'send-test',
    title: `Send an event with Segment's Event Tester, and see it arrive: statsig-cdp tail --workspace ${options.workspace}`,
    ...byHand,
    byHand: [{ text: 'Connections > Destinations > the destination > Event Tester > Send event to destination.' }],
  };
  return (kind.isAimedByOwner ? [aim, test] : [test]).map((step) => ({ step }));
}

/** @param access `undefined`: it is not allowed yet, so that the source is not known */
export async function connectTasks(
  options: ConnectByOAuthOptions,
  access: OAuthAccess | undefined,
): Promise<readonly Task[]> {
  const source = access === undefined ? CHOSEN_LATER : pickSource(access.allowed, options.source);
  const subject = await subjectOf(options, source);
  const { settings, kept } = subject;
  const named = { id: 'write-settings', title: `Let Segment's requests in by the settings of ${options.workspace}` };
  const change = await settingsTask(settings, named, changesToConnect(settings, kept));
  const destination = await destinationTask(subject, access);
  const isThere = destination.step.state === 'there' && change.step.state === 'there';
  const reach =
    options.reach === false || isThere || subject.kind.isAimedByOwner
      ? []
      : [reachTask(subject, options.patience?.signal)];
  return [
    consentTask(options, access),
    ...(await Promise.all(kept.map(secretTask))),
    change,
    ...reach,
    destination,
    ...(isThere ? [] : await handTasks(subject)),
  ];
}

function removeTask({ name, options }: Subject, api: ConfigApi): Task {
  const call = { method: 'DELETE', url: `${options.app.configUrl}/${name}` };
  return {
    step: { id: 'delete-destination', title: `Delete ${name}`, kind: 'call', state: 'to-do', call },
    run: async () => api.remove(name).then(() => undefined),
  };
}

/** What takes it back: the destination first, so that nothing is sent that would be refused. */
export async function undoTasks(options: ConnectByOAuthOptions, access: OAuthAccess): Promise<readonly Task[]> {
  const subject = await subjectOf(options, pickSource(access.allowed, options.source));
  const { settings, kind, url, name } = subject;
  const kept = allSecrets(kind, options, settings);
  const api = apiOf(options, access);
  const found = await api.find(name);
  const isOurs = found !== undefined && kind.isOurs(found, url, await readSecrets(kept));
  const named = { id: 'write-settings', title: `Take the secrets out of the settings of ${options.workspace}` };
  const change = await undoSettingsTask(settings, named, changesToUndo(settings, kept));
  const files: Task[] = [];
  for (const { file, kind: what } of kept)
    if ((await readSecretFile(file)) !== undefined)
      files.push({
        step: { id: `remove-${what.toLowerCase()}`, title: `Remove ${file}`, kind: 'file', state: 'to-do' },
        run: async () => void (await removeSecretFile(file)),
      });
  return [...(isOurs ? [removeTask(subject, api)] : []), ...(change === undefined ? [] : [change]), ...files];
}
