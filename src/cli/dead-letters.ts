// `statsig-cdp dead-letters`: works on the dead letters of a running process through its /api.

import type { Command } from 'commander';
import { complain } from '../base/terminal.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { askForGroups, askForPages, textIn, timeIn } from './dead-letters/ask.js';
import { type DeedOptions, runDeed } from './dead-letters/deeds.js';
import {
  addFilterOptions,
  describeFilter,
  type FilterOptions,
  filterOf,
  queryFor,
  readCount,
} from './dead-letters/filter.js';
import {
  askForObject,
  askProcess,
  findProcess,
  foreignAnswer,
  NothingFound,
  numberIn,
  type RunningProcess,
  runCommand,
} from './running-process.js';
import { type Column, JSON_OPTION, printTable, sayJson, sayJsonLine } from './table.js';

/** Rows of a table on a terminal, where nothing else is asked for: a program gets all. */
const ROWS = 100;

const LETTERS: readonly Column[] = [
  { head: 'KEY' },
  { head: 'DIED' },
  { head: 'WORKSPACE', least: 8 },
  { head: 'TARGET', least: 8 },
  { head: 'REASON' },
  { head: 'STATUS' },
  { head: 'TRIES', align: 'right' },
  { head: 'EVENT', least: 12 },
];

const GROUPS: readonly Column[] = [
  { head: 'WORKSPACE', least: 8 },
  { head: 'TARGET', least: 8 },
  { head: 'REASON' },
  { head: 'STATUS' },
  { head: 'COUNT', align: 'right' },
  { head: 'OLDEST' },
  { head: 'NEWEST' },
  { head: 'ANSWER', least: 20 },
];

interface ListOptions extends FilterOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly limit?: number;
}

function rowOf(letter: JsonObject, peer: RunningProcess): readonly string[] {
  const names = ['workspaceId', 'target', 'reason', 'status'];
  return [
    textIn(letter, 'key'),
    timeIn(letter, 'diedAt', peer),
    ...names.map((name) => textIn(letter, name)),
    textIn(letter, 'attempts'),
    textIn(letter, 'event'),
  ];
}

async function list(options: ListOptions): Promise<void> {
  const { url, json } = options;
  const filter = filterOf(options);
  const peer = findProcess(url);
  const isShort = options.limit === undefined && !json && process.stdout.isTTY;
  const limit = options.limit ?? (isShort ? ROWS : Number.POSITIVE_INFINITY);
  let count = 0;
  for await (const page of askForPages(peer, filter, limit)) {
    count += page.length;
    if (json) for (const letter of page) await sayJsonLine(letter);
    else
      printTable(
        LETTERS,
        page.map((letter) => rowOf(letter, peer)),
      );
  }
  if (count === 0) throw new NothingFound(`There are no ${describeFilter(filter)}.`);
  if (isShort && count === ROWS)
    complain(`These are the first ${ROWS}: --limit shows more, \`groups\` all at a glance.`);
}

async function groups(options: ListOptions): Promise<void> {
  const { url, json } = options;
  const filter = filterOf(options);
  const peer = findProcess(url);
  const asked = await askForGroups(peer, filter);
  if (json) sayJson(asked.answer);
  if (asked.groups.length === 0 && !asked.isPartial) throw new NothingFound(`There are no ${describeFilter(filter)}.`);
  if (json) return;
  const rows = asked.groups.map((group) => [
    ...['workspaceId', 'target', 'reason', 'status'].map((name) => textIn(group, name)),
    `${group.isAtLeast === true ? '≥ ' : ''}${numberIn(group, 'count', peer)}`,
    timeIn(group, 'oldest', peer),
    timeIn(group, 'newest', peer),
    isJsonObject(group.sample) ? textIn(group.sample, 'answer') : '',
  ]);
  printTable(GROUPS, rows);
  for (const fix of new Set(asked.groups.map((group) => textIn(group, 'fix')))) complain(fix);
  if (asked.isPartial) complain('There are more than were looked at: of each target the newest were counted.');
}

async function show(key: string, url: string | undefined): Promise<void> {
  const peer = findProcess(url);
  const query = queryFor({ key });
  if ((await askProcess(peer, 'deadLetters', { query })) === '')
    throw new NothingFound(`There is no dead letter ${key}.`);
  const { letter, ...about } = await askForObject(peer, 'previewDeadLetter', { body: { key } });
  if (!isJsonObject(letter)) throw foreignAnswer(peer);
  sayJson({ ...letter, ...about });
}

/** Adds the command and its verbs. Each exits with 1 when it cannot do what it is asked, and with 3 where there is nothing of that kind. */
export function addDeadLettersCommand(command: Command): void {
  const verb = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--url <url>', 'address of the process (default: this machine, PORT)');
  const json = [JSON_OPTION, 'print JSON'] as const;

  addFilterOptions(verb('list', 'One line each: key, time, workspace, target, reason, status, tries, event name.'))
    .option('--limit <number>', `no more than so many (default: all; ${ROWS} on a terminal)`, readCount)
    .option(JSON_OPTION, 'a line of JSON for each, with payload and answer')
    .action((options: ListOptions) => runCommand(() => list(options)));
  addFilterOptions(verb('groups', 'How many there are by target, reason and status, and what to do.'))
    .option(...json)
    .action((options: ListOptions) => runCommand(() => groups(options)));
  verb('show', 'Everything about one dead letter, as JSON: what is stored, what a redelivery would send now.')
    .argument('<key>')
    .action((key: string, { url }: ListOptions) => runCommand(() => show(key, url)));
  addFilterOptions(verb('redeliver', 'Try dead letters again.').argument('[keys...]'))
    .option('--wait <seconds>', 'wait until all is delivered or given up again; exit with 1 where it is not', readCount)
    .option(...json)
    .action((keys: string[], options: DeedOptions) => runCommand(() => runDeed('redeliver', keys, options)));
  addFilterOptions(verb('drop', 'Forget dead letters.').argument('[keys...]'))
    .option('--yes', 'do not ask')
    .option(...json)
    .action((keys: string[], options: DeedOptions) => runCommand(() => runDeed('drop', keys, options)));
}
