// `statsig-cdp replay`: sends events of an archive again, into a running plugin or straight to where they go.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { createLogger } from '../base/logger.js';
import { toPrintableCell } from '../base/printable.js';
import { Secret } from '../base/secret.js';
import { TERMINAL, type Terminal } from '../base/terminal.js';
import type { EpochMs } from '../base/time.js';
import { ARCHIVED_SOURCES, type ArchivedSource, OLDEST_DAYS, type Wanted } from '../replay/choice.js';
import type { ProgressLine } from '../replay/progress.js';
import { ReplayError } from '../replay/replay-error.js';
import { type Destination, type ReplayResult, startReplay } from '../replay/start.js';
import { countRefused } from '../replay/tally.js';
import { ProcessSettingsError } from '../settings/process.js';
import { notNeeded, readLocalSecret } from '../settings/secret-reference.js';
import { SettingsError } from '../settings/settings-error.js';
import { WorkspaceChoiceError } from '../sources/tester/choose-document.js';
import { readMoment } from './moment.js';
import { readSettings } from './read-settings.js';
import { describeReplay, toSummary } from './replay-output.js';

interface Options {
  readonly to?: string;
  readonly writeKey?: string;
  readonly workspace?: string;
  readonly secret?: string;
  readonly settings: readonly string[];
  readonly as?: ArchivedSource;
  readonly since?: EpochMs;
  readonly until?: EpochMs;
  readonly type: readonly string[];
  readonly event: readonly string[];
  readonly user: readonly string[];
  readonly source: readonly string[];
  readonly audiences?: boolean;
  readonly deletions?: boolean;
  readonly allowOlder?: boolean;
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly checkpoint?: string;
  readonly deadLetters?: string;
  readonly json?: boolean;
}

/** Where the command writes, and what stops it. */
export interface ReplayCommandIo {
  readonly terminal: Terminal;
  readonly line: ProgressLine;
  readonly signal: AbortSignal;
}

/** All is where it goes. */
const DONE = 0;
/** Something was refused. */
const SOME_REFUSED = 1;
/** It could not be done. */
const NOT_DONE = 2;
/** It was stopped, and can be gone on with. */
const STOPPED = 3;

const STDERR_LINE: ProgressLine = {
  isTerminal: process.stderr.isTTY === true,
  write: (text) => void process.stderr.write(text),
};

function readRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && Number.isFinite(rate))) throw new InvalidArgumentError('It is no number of events above 0.');
  return rate;
}

/** `track,page`, and several times. */
const addTypes = (text: string, types: readonly string[]) => [
  ...types,
  ...text.split(',').flatMap((type) => (type.trim() === '' ? [] : type.trim().toLowerCase())),
];

const addOne = (text: string, texts: readonly string[]) => [...texts, text];

/** `env:NAME` or `file:PATH`: arguments are shown to everybody on the machine. */
function readSecret(reference: string): Secret {
  const [, kind, name] = /^(env|file):(.+)$/.exec(reference) ?? [];
  if (name === undefined) throw new ReplayError('--secret is env:NAME or file:PATH.');
  const found = readLocalSecret({ kind: kind === 'env' ? 'env' : 'file', name });
  if ('problem' in found) throw new ReplayError(`--secret: ${reference} ${found.problem}.`);
  return new Secret(found.value);
}

async function findDestination(options: Options, note: (text: string) => void): Promise<Destination> {
  const { to, settings, workspace, writeKey, secret, dryRun, as, audiences, deletions } = options;
  const store =
    settings.length === 0
      ? undefined
      : await readSettings(settings, (warning) => note(`warning: ${warning}`), dryRun ? notNeeded : readLocalSecret);
  if (dryRun) return { kind: 'dry run', store, workspace };
  if (to !== undefined && store !== undefined)
    throw new ReplayError('--to sends into a running plugin, --settings without one: say one of them.');
  if (store !== undefined) return { kind: 'outbox', store, workspace };
  if (to === undefined) throw new ReplayError('Say where the events go: --to URL, --settings PATH, or --dry-run.');
  const url = to.includes('://') ? to : `http://${to}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ReplayError('--to is the address of a plugin, as http://127.0.0.1:8080.');
  if (as !== 'statsig' && workspace === undefined && writeKey === undefined)
    throw new ReplayError("--to needs --write-key, one of trackingApi.writeKeys; for Statsig's events --workspace.");
  if ((audiences || deletions) && (workspace === undefined || secret === undefined))
    throw new ReplayError(
      '--audiences and --deletions need --workspace and --secret, one of its segment.headerSecrets: a write key proves nothing.',
    );
  return {
    kind: 'plugin',
    address: { url, writeKey, workspace, secret: secret === undefined ? undefined : readSecret(secret) },
  };
}

function toWanted(options: Options): Wanted {
  const { since, until, type, event, user, source } = options;
  if (since !== undefined && until !== undefined && since >= until)
    throw new ReplayError('--since is not before --until: no event can be between them.');
  return {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    types: type,
    events: event,
    users: user,
    sources: source,
    audiences: options.audiences === true,
    deletions: options.deletions === true,
    allowOlder: options.allowOlder === true,
  };
}

function exitCodeOf(result: ReplayResult): number {
  if (result.stopped !== undefined) return STOPPED;
  return countRefused(result.tally) > 0 || result.files.broken > 0 ? SOME_REFUSED : DONE;
}

/** @returns the exit code */
async function runReplay(paths: readonly string[], options: Options, io: ReplayCommandIo): Promise<number> {
  const { terminal } = io;
  const note = (text: string) => void terminal.complainLine(toPrintableCell(text));
  if (options.dryRun && options.checkpoint !== undefined) note('A dry run keeps no checkpoint.');
  const result = await startReplay(
    {
      paths,
      destination: await findDestination(options, note),
      source: options.as,
      wanted: toWanted(options),
      rate: options.rate,
      checkpoint: options.dryRun ? undefined : options.checkpoint,
      deadLetters: options.deadLetters,
    },
    {
      line: io.line,
      note,
      signal: io.signal,
      env: process.env,
      log: createLogger('warn', (line) => io.line.write(line)),
      now: Date.now,
    },
  );
  if (result.stopped !== undefined)
    note(`${result.stopped} ${options.checkpoint === undefined ? '' : 'Run the same command to go on.'}`.trim());
  if (options.json) await terminal.sayLine(JSON.stringify(toSummary(result)));
  else for (const line of describeReplay(result, options.dryRun === true)) await terminal.sayLine(line);
  return exitCodeOf(result);
}

function isTellable(error: unknown): error is Error {
  return [ReplayError, SettingsError, WorkspaceChoiceError, ProcessSettingsError].some((kind) => error instanceof kind);
}

/** Ctrl+C stops it where it can be gone on with; a second one ends it. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

/**
 * Adds the command. It exits with 0 when all is where it goes, 1 when something was refused, 2 when it cannot be done, 3 when it was stopped before its end.
 *
 * @param io default: those of this process
 */
export function addReplayCommand(command: Command, io?: ReplayCommandIo): void {
  command
    .argument('<path...>', 'files, directories, patterns (*, ?, **) of an archive; - for standard input')
    .option('--to <url>', 'into a running plugin: the address of its port for senders outside')
    .option('--write-key <key>', 'with --to: one of the trackingApi.writeKeys of the workspace')
    .option(
      '--workspace <id>',
      "the workspace: with --to for Statsig's events, lists and deletions, else of --settings",
    )
    .option(
      '--secret <reference>',
      "with --to, env:NAME or file:PATH: the signing secret for Statsig's events, a header secret for lists and deletions",
    )
    .option(
      '--settings <path>',
      'without a plugin: a file of settings documents or a settings directory; may be given several times',
      addOne,
      [],
    )
    .addOption(
      new Option('--as <source>', 'whose events they are; guessed where it is not given').choices(ARCHIVED_SOURCES),
    )
    .option('--since <time>', 'only events that happened then or later', readMoment)
    .option('--until <time>', 'only events that happened before', readMoment)
    .option(
      '--type <types>',
      'only events of these types, with commas between; may be given several times',
      addTypes,
      [],
    )
    .option('--event <name>', 'only events of this name, * matches anything; may be given several times', addOne, [])
    .option('--user <id>', 'only events of this user id or anonymous id; may be given several times', addOne, [])
    .option('--source <id>', 'only events of this source; may be given several times', addOne, [])
    .option('--audiences', 'change ID lists, too: only the newest change of an id may be replayed without harm')
    .option('--deletions', 'ask for deletions, too')
    .option('--allow-older', `send events of more than ${OLDEST_DAYS} days ago, too`)
    .option('--dry-run', 'send nothing, and say what would become of the events')
    .option('--rate <number>', 'events in a second at most', readRate)
    .option('--checkpoint <file>', 'remember there how far it is, and go on from there')
    .option('--dead-letters <file>', 'write there what is refused, and why')
    .option('--json', 'print the summary as one line of JSON')
    .action(async (paths: readonly string[], options: Options) => {
      const terminal = io?.terminal ?? TERMINAL;
      try {
        const code = await runReplay(paths, options, io ?? { terminal, line: STDERR_LINE, signal: stopSignal() });
        terminal.endWith(code);
      } catch (error) {
        if (!isTellable(error)) throw error;
        await terminal.complainLine(error.message);
        terminal.endWith(NOT_DONE);
      }
    });
}
