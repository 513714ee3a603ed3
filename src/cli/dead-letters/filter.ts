// Which dead letters a command is about.

import { type Command, InvalidArgumentError } from 'commander';
import type { EpochMs } from '../../base/time.js';
import type { DeadLetterFilter } from '../../operate/dead-letters/shapes.js';
import { readMoment } from '../moment.js';

/** The options of all verbs that take a filter. */
export interface FilterOptions {
  readonly workspace?: string;
  readonly target?: string;
  readonly reason?: string;
  readonly status?: number | 'none';
  readonly since?: EpochMs;
  readonly until?: EpochMs;
  readonly event?: string;
  readonly user?: string;
}

function readStatus(text: string): number | 'none' {
  if (text === 'none') return text;
  if (!/^[1-5]\d\d$/.test(text)) throw new InvalidArgumentError('It is no HTTP status: write 401, or none.');
  return Number(text);
}

/** @throws InvalidArgumentError */
export function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is no number above 0.');
  return Number(text);
}

/** Adds them. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--workspace <id>', 'only those of one workspace')
    .option('--target <name>', 'only those of one target, as the list names it')
    .option('--reason <reason>', 'only those that were given up for this: unauthorized, rejected, expired, …')
    .option('--status <status>', 'only those with this HTTP status; none: without any', readStatus)
    .option('--event <name>', 'only events of this name, * matches anything')
    .option('--user <id>', 'only those of this user id or anonymous id')
    .option('--since <time>', 'only those that were given up then or later: 2h (ago), or a time', readMoment)
    .option('--until <time>', 'only those that were given up then or before', readMoment);
}

/** The filter without what is no part of it. */
export function filterOf(options: FilterOptions): DeadLetterFilter {
  const { workspace, target, reason, status, since, until, event, user } = options;
  const filter = { workspace, target, reason, status, since, until, event, user };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** As a query. */
export function queryFor(filter: object): URLSearchParams {
  return new URLSearchParams(Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)])));
}

/** For people: `dead letters of workspace shop, reason rejected`. */
export function describeFilter({ workspace, since, until, ...rest }: DeadLetterFilter): string {
  const at = (time: EpochMs) => new Date(time).toISOString();
  const parts = [
    ...Object.entries(rest).map(([name, value]) => `${name} ${value}`),
    ...(since === undefined ? [] : [`since ${at(since)}`]),
    ...(until === undefined ? [] : [`until ${at(until)}`]),
  ];
  const whose = workspace === undefined ? 'dead letters' : `dead letters of workspace ${workspace}`;
  return [whose, ...parts].join(', ');
}
