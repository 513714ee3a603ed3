// `statsig-cdp tail`: the live log of a running process, line by line.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { toPrintableCell } from '../base/printable.js';
import { complain, sayLine } from '../base/terminal.js';
import type { LiveEntry } from '../operate/live/shapes.js';
import { findUnknownOutcome, LIVE_DIRECTIONS, LIVE_OUTCOMES, LIVE_PROTOCOLS } from '../operate/live/words.js';
import { type FollowOptions, followStream } from './follow-stream.js';
import { findProcess, NothingFound, type RunningProcess, runCommand } from './running-process.js';
import { JSON_OPTION, widthOf } from './table.js';

interface Options {
  readonly url?: string;
  readonly json?: boolean;
  readonly limit?: number;
  readonly sinceStart?: boolean;
  readonly direction?: string;
  readonly source?: string;
  readonly workspace?: string;
  readonly event?: string;
  readonly outcome?: string;
  readonly search?: string;
}

/** Newest entries that a process gives before those that come. */
const MOST_OF_BEFORE = '1000';

/** What is printed, and how many of them are enough. */
export interface TailOutput {
  readonly json: boolean;
  /** Columns of the terminal; `undefined`: tabs between whole cells. */
  readonly width: number | undefined;
  readonly limit: number;
  sayLine(text: string): Promise<void>;
  notice(text: string): void;
}

/** The time of day as the clock on the wall has it, with milliseconds. */
function timeOf(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

const ARROWS: Readonly<Record<LiveEntry['direction'], string>> = { inbound: '→', outbound: '←', none: '·' };

/** What it is about: the event, the number of events, or the request. */
function subjectOf({ event, type, count, method = '', path, stage }: LiveEntry): string {
  const many = count === undefined ? '' : `×${count}`;
  if (path !== undefined) return [method, path, many].filter((part) => part !== '').join(' ');
  return [event ?? type ?? stage, many].filter((part) => part !== '').join(' ');
}

function whyOf({ reason, code, status, target, note }: LiveEntry): string {
  const told = [target, status, reason ?? code, note].filter((part) => part !== undefined && part !== '');
  return told.join(' ');
}

/** Cells of one line: time, direction, outcome, workspace, protocol, subject, user, why. */
function cellsOf(entry: LiveEntry): readonly string[] {
  const { at, direction, outcome, workspace = '-', protocol, stage, user = '' } = entry;
  const where = protocol === 'none' ? stage : protocol;
  return [timeOf(at), ARROWS[direction], outcome, workspace, where, subjectOf(entry), user, whyOf(entry)].map(
    toPrintableCell,
  );
}

/** Columns of the terminal for each cell but the last. */
const WIDTHS = [12, 1, 16, 14, 18, 30, 20];

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** One line. @param width columns of the terminal; `undefined`: tabs between whole cells */
export function toTailLine(entry: LiveEntry, width: number | undefined): string {
  const cells = cellsOf(entry);
  if (width === undefined) return cells.join('\t');
  const line = cells
    .map((cell, at) => padded(cell, WIDTHS[at] ?? 0))
    .join('  ')
    .trimEnd();
  return widthOf(line) <= width ? line : `${[...line].slice(0, width - 1).join('')}…`;
}

/**
 * Prints entries until there are enough or it is to stop.
 *
 * @throws CommandError where the process refuses, or is none; NothingFound where it keeps no live log
 */
export async function tail(peer: RunningProcess, options: FollowOptions, output: TailOutput): Promise<void> {
  let printed = 0;
  const end = await followStream(peer, options, {
    async entries(entries) {
      for (const entry of entries) {
        if (output.json) await output.sayLine(JSON.stringify(entry));
        else await output.sayLine(toTailLine(entry, output.width));
        printed += 1;
        if (printed >= output.limit) return false;
      }
      return true;
    },
    notice: output.notice,
  });
  if (end === 'off') throw new NothingFound('The process keeps no live log: LIVE_LOG is off.');
}

function toQuery({ source, sinceStart, direction, workspace, event, outcome, search }: Options): URLSearchParams {
  const filters = { direction, protocol: source, workspace, event, outcome, search };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
  if (sinceStart === true) query.set('limit', MOST_OF_BEFORE);
  return query;
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return count;
}

function toOutcomes(text: string): string {
  const unknown = findUnknownOutcome(text);
  if (unknown === undefined) return text;
  const allowed = LIVE_OUTCOMES.join(', ');
  throw new InvalidArgumentError(`Allowed choices are ${allowed}; several with commas between.`);
}

async function run(options: Options): Promise<void> {
  const peer = findProcess(options.url);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { isTTY, columns = 80 } = process.stdout;
  await tail(
    peer,
    { query: toQuery(options), signal: stop.signal },
    {
      json: options.json === true,
      width: isTTY ? columns : undefined,
      limit: options.limit ?? Number.POSITIVE_INFINITY,
      sayLine,
      notice: complain,
    },
  );
}

/** Adds the command. It exits with 0 when it was stopped or has printed enough, 1 where the process cannot be followed, 3 where it keeps no live log. */
export function addTailCommand(command: Command): void {
  command
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .option('--workspace <id>', 'of this workspace')
    .addOption(new Option('--direction <direction>', 'which way events go').choices(LIVE_DIRECTIONS))
    .addOption(new Option('--source <protocol>', 'whose protocol it came by').choices(LIVE_PROTOCOLS))
    .option('--event <name>', 'of events with this name')
    .option('--outcome <outcomes>', `${LIVE_OUTCOMES.join(', ')}; several with commas between`, toOutcomes)
    .option('--search <text>', 'that hold this text')
    .option('--limit <count>', 'end after so many', toCount)
    .option('--since-start', 'begin with what is kept since the start of the process (the newest 1,000)')
    .option(JSON_OPTION, 'a JSON object per line')
    .addHelpText(
      'after',
      '\nExit code: 0 stopped, or enough was printed; 1 the process cannot be followed; 3 it keeps no live log.',
    )
    .action((options: Options) => runCommand(() => run(options)));
}
