// `statsig-cdp connect statsig`: looks at keys, ID types and ID lists of a Statsig project, and has its event webhook post to us.

import { type Command, InvalidArgumentError } from 'commander';
import { Secret } from '../../base/secret.js';
import { complain } from '../../base/terminal.js';
import { connectStatsig } from '../../connect/statsig/connect-statsig.js';
import { createConsoleApi } from '../../connect/statsig/console.js';
import { readDocuments } from '../../connect/statsig/documents.js';
import { idTypesToMake } from '../../connect/statsig/id-type-tasks.js';
import { findNamesInEvents } from '../../connect/statsig/names-in-events.js';
import type { ConnectStatsigOptions, WhichIdTypes } from '../../connect/statsig/options.js';
import { baseUrlOf } from '../../settings/base-url.js';
import { readProcessSettings } from '../../settings/process.js';
import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import { askUnseen, isYes } from '../ask-line.js';
import { askForObject, CommandError, findProcess } from '../running-process.js';
import { toBaseUrl, toId, workspaceOf } from './arguments.js';
import { readToken, readTokenFile } from './read-token.js';
import { addConnectOptions, type ConnectOptions, runConnect, runConnection } from './run.js';
import { watchWebhook } from './webhook-watch.js';

interface Options extends ConnectOptions {
  readonly workspace?: string;
  readonly publicUrl?: string;
  readonly create?: true | readonly string[];
  readonly tokenFile?: string;
  readonly keepToken?: string;
  readonly settings?: string;
  readonly secretsDirectory?: string;
  readonly signingSecretFile?: string;
  readonly wait?: number;
  readonly url?: string;
  readonly apiUrl?: string;
}

const VARIABLE = 'STATSIG_CONSOLE_KEY';

/** Seconds that a person at a terminal may take for a few clicks. */
const DEFAULT_WAIT = 600;

const MOST_WAIT = 86_400;

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isInteger(seconds) || seconds < 0 || seconds > MOST_WAIT)
    throw new InvalidArgumentError(`It must be a whole number up to ${MOST_WAIT}; 0: it does not wait.`);
  return seconds;
}

/** A file, the variable, the document's own key, or a person. @throws CommandError */
async function consoleKeyOf(
  { tokenFile, keepToken, plan }: Options,
  document: WorkspaceDocument | undefined,
): Promise<Secret> {
  const own = document?.consoleKey;
  if (tokenFile === undefined && (process.env[VARIABLE] ?? '').trim() === '' && own !== undefined) return own;
  return readToken({
    what: "Console key of Statsig's",
    variable: VARIABLE,
    file: tokenFile,
    keep: plan ? undefined : keepToken,
  });
}

/** Of events that came lately to a running process; none where there is none. */
async function namesInEvents(url: string | undefined, workspace: string): Promise<readonly string[]> {
  try {
    const query = new URLSearchParams({ workspace, limit: '200' });
    const { samples } = await askForObject(findProcess(url), 'liveSamples', { query });
    return Array.isArray(samples) ? findNamesInEvents(samples.map((sample) => sample?.event)) : [];
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

/** @returns undefined where no one knows it yet @throws CommandError */
async function givenSigningSecret({ signingSecretFile, undo }: Options): Promise<Secret | undefined> {
  if (signingSecretFile === undefined || undo) return undefined;
  const text = (await readTokenFile(signingSecretFile)).trim();
  return text === '' ? undefined : new Secret(text);
}

/** Of a person at a terminal. @returns undefined where no one knows it yet */
async function askSigningSecret({ json }: Options): Promise<Secret | undefined> {
  if (!process.stdin.isTTY || json === true) return undefined;
  const text = await askUnseen('Signing secret of the card Generic Webhook (it is not shown; Enter: later): ');
  return text === '' ? undefined : new Secret(text);
}

/** What is made: what the command says, or else a person. */
async function whichIdTypes(
  { create, plan, undo, json }: Options,
  options: ConnectStatsigOptions,
): Promise<WhichIdTypes> {
  if (create !== undefined) return create === true ? 'missing' : create;
  if (plan || undo || json || !process.stdin.isTTY) return 'none';
  const names = await idTypesToMake(options);
  if (names.length === 0) return 'none';
  const isOne = names.length === 1;
  complain(
    `The project has no ID type${isOne ? '' : 's'} ${names.join(', ')}: metrics of ${isOne ? 'it' : 'them'} have no units.`,
  );
  return (await isYes(`Make ${isOne ? 'it' : 'them'}?`)) ? 'missing' : 'none';
}

async function run(options: Options): Promise<void> {
  const { publicUrl, secretsDirectory, url, wait = process.stdin.isTTY && !options.json ? DEFAULT_WAIT : 0 } = options;
  const { settingsLocation: usual, settingsToken } = readProcessSettings(process.env);
  const settingsLocation = options.settings ?? usual;
  const workspace = await workspaceOf(options.workspace, settingsLocation);
  const place = { settingsLocation, settingsToken };
  const { plain, withKeys } = await readDocuments(place);
  const byId = ({ id }: WorkspaceDocument) => id === workspace;
  const consoleKey = await consoleKeyOf(options, withKeys.find(byId));
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const { signal } = stop;
  const consoleUrl = options.apiUrl ?? baseUrlOf(plain.find(byId)?.settings ?? {}, 'consoleUrl');
  const told = {
    ...place,
    api: createConsoleApi({ consoleKey, consoleUrl, signal }),
    workspace,
    publicUrl,
    secretsDirectory,
    namesInEvents: await namesInEvents(url, workspace),
    givenSigningSecret: await givenSigningSecret(options),
    signingSecret: () => askSigningSecret(options),
    watch: watchWebhook({ find: () => findProcess(url), waitMs: 1_000 * wait, signal, notice: complain }),
    signal,
  };
  const create = await whichIdTypes(options, { ...told, create: 'missing' });
  await runConnection(connectStatsig({ ...told, create }), options);
  if (publicUrl === undefined && !options.undo && !options.json)
    complain('With --public-url https://YOUR-HOST the event webhook is connected, too.');
}

/** Adds the command. It exits with 1 where it cannot go on; run again, it goes on where it was. */
export function addConnectStatsigCommand(command: Command): void {
  addConnectOptions(command)
    .option('--workspace <id>', 'id of the settings document (default: the only one there is, else default)', toId)
    .option('--create [names...]', 'make ID types that the settings name: all that are missing and no slip, or these')
    .option(
      '--public-url <url>',
      'address of this plugin as Statsig reaches it, https://YOUR-HOST: connects the event webhook, too',
      toBaseUrl,
    )
    .option(
      '--token-file <file>',
      `file that holds a Console key (default: ${VARIABLE}, else the document's consoleKey, else it is asked for)`,
    )
    .option('--keep-token <file>', 'keep the key in this file, which no one else may read')
    .option(
      '--signing-secret-file <file>',
      'file that holds the signing secret of the card Generic Webhook (default: it is asked for)',
    )
    .option(
      '--settings <location>',
      'settings directory or file, or the URL of a config service (default: STATSIG_CDP_SETTINGS)',
    )
    .option('--secrets-directory <directory>', 'where secrets are kept (default: secrets beside the settings files)')
    .option(
      '--wait <seconds>',
      `how long to wait for Statsig's question and for the first signed event (default: ${DEFAULT_WAIT} at a terminal, else 0)`,
      toSeconds,
    )
    .option('--url <url>', 'address of the process that is looked at (default: this machine, PORT)')
    .option(
      '--api-url <url>',
      "another address of Statsig's Console API (default: the document's consoleUrl)",
      toBaseUrl,
    )
    .action((options: Options) => runConnect(() => run(options)));
}
