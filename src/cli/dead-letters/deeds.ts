// Puts dead letters back or drops them, some thousand at a time, and follows what was put back.

import { setTimeout as sleep } from 'node:timers/promises';
import { complain, say } from '../../base/terminal.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { DeadLetterFilter } from '../../operate/dead-letters/shapes.js';
import {
  askForObject,
  CommandError,
  confirmed,
  findProcess,
  NothingFound,
  numberIn,
  type RunningProcess,
} from '../running-process.js';
import { sayJson } from '../table.js';
import { askForGroups, textIn } from './ask.js';
import { describeFilter, type FilterOptions, filterOf, queryFor } from './filter.js';

/** Changes of one request: it is answered within seconds. */
const AT_ONCE = 2_000;

/** Milliseconds between two looks at what was put back. */
const LOOK_MS = 500;

/** What the verbs are told. */
export interface DeedOptions extends FilterOptions {
  readonly url?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  /** Seconds. */
  readonly wait?: number;
}

/** Routes by verb. */
const ROUTES = { redeliver: 'redeliverDeadLetters', drop: 'dropDeadLetters' } as const;

type Verb = keyof typeof ROUTES;

interface Done {
  changed: number;
  left: number;
  unknown: readonly unknown[];
  redelivery: string | undefined;
}

/** One request, or as many as a filter needs. */
async function change(peer: RunningProcess, verb: Verb, keys: readonly string[], filter: DeadLetterFilter) {
  const done: Done = { changed: 0, left: 0, unknown: [], redelivery: undefined };
  let next: JsonObject | undefined = {};
  while (next !== undefined) {
    const named = keys.length > 0 ? { keys } : { ...filter, limit: AT_ONCE, ...next };
    const body = { ...named, ...(done.redelivery !== undefined && { redelivery: done.redelivery }) };
    const answer = await askForObject(peer, ROUTES[verb], { body });
    done.changed += numberIn(answer, 'changed', peer);
    done.left = numberIn({ left: 0, ...answer }, 'left', peer);
    done.unknown = Array.isArray(answer.unknown) ? answer.unknown : [];
    done.redelivery ??= textIn(answer, 'redelivery') || undefined;
    next = isJsonObject(answer.next) ? answer.next : undefined;
    if (next !== undefined) complain(`${verb === 'drop' ? 'dropped' : 'put back'} so far: ${done.changed}`);
  }
  return done;
}

/** Looks until nothing of it waits, or the time is over. */
async function follow(peer: RunningProcess, id: string, seconds: number): Promise<JsonObject> {
  const end = Date.now() + seconds * 1_000;
  const query = queryFor({ id });
  let said = '';
  for (;;) {
    const report = await askForObject(peer, 'redelivery', { query });
    const waiting = numberIn(report, 'waiting', peer);
    const line = `delivered: ${numberIn(report, 'delivered', peer)}, waiting: ${waiting}`;
    if (line !== said) complain(line);
    said = line;
    if (waiting === 0 || Date.now() >= end) return report;
    await sleep(LOOK_MS);
  }
}

/** @throws CommandError where not all of it was delivered */
function judge(report: JsonObject, peer: RunningProcess): void {
  const failed = Array.isArray(report.failedAgain) ? report.failedAgain.filter(isJsonObject) : [];
  const sentences = failed.map((group) => {
    const why = `${textIn(group, 'reason')}: ${textIn(group, 'answer')}`;
    return `Given up again, ${textIn(group, 'target')}: ${numberIn(group, 'count', peer)} (${why}).`;
  });
  const waiting = numberIn(report, 'waiting', peer);
  const [lane] = Array.isArray(report.lanes) ? report.lanes.filter(isJsonObject) : [];
  const why = lane && ` (${textIn(lane, 'target')}: ${textIn(lane, 'problem') || textIn(lane, 'circuit')})`;
  if (waiting > 0) sentences.push(`${waiting} still wait${why ?? ''}.`);
  if (sentences.length > 0) throw new CommandError(sentences.join(' '));
}

const forgotten = (count: number, isAtLeast = false) =>
  `${isAtLeast ? 'At least ' : ''}${count} ${count === 1 && !isAtLeast ? 'dead letter is' : 'dead letters are'} forgotten for good`;

async function confirmDrop(peer: RunningProcess, keys: readonly string[], filter: DeadLetterFilter, yes?: boolean) {
  if (yes) return;
  if (keys.length > 0) return confirmed(`${forgotten(keys.length)}.`, yes);
  const { count, isPartial } = await askForGroups(peer, filter);
  const meant = describeFilter(filter);
  if (count === 0 && !isPartial) throw new NothingFound(`There are no ${meant}.`);
  await confirmed(`${forgotten(count, isPartial)}: ${meant}.`, yes);
}

/** @throws CommandError where not all was done; NothingFound where nothing is what is meant */
export async function runDeed(verb: Verb, keys: readonly string[], options: DeedOptions): Promise<void> {
  const { url, yes, json, wait } = options;
  const filter = filterOf(options);
  const isFiltered = Object.keys(filter).length > 0;
  if (keys.length === 0 && filter.workspace === undefined)
    throw new CommandError('Name the keys, or a workspace with --workspace; other options say which of it.');
  if (keys.length > 0 && isFiltered)
    throw new CommandError(
      'Name either keys or a workspace: with --workspace all of it is meant, or what other options say.',
    );
  const peer = findProcess(url);
  if (verb === 'drop') await confirmDrop(peer, keys, filter, yes);
  const done = await change(peer, verb, keys, filter);
  const { changed, left, unknown, redelivery } = done;
  const report = wait === undefined || redelivery === undefined ? undefined : await follow(peer, redelivery, wait);
  if (json) sayJson({ changed, left, unknown, ...(report !== undefined && { redelivery: report }) });
  else say(verb === 'drop' ? `dropped: ${changed}` : `put back, and tried now: ${changed}`);
  if (left > 0) throw new CommandError(`${left} are still there, the disk took no more: do it again.`);
  const missing = `There is no dead letter ${unknown.join(', ')}.`;
  if (changed === 0) throw new NothingFound(unknown.length > 0 ? missing : `There are no ${describeFilter(filter)}.`);
  if (unknown.length > 0) throw new CommandError(missing);
  if (report !== undefined) judge(report, peer);
}
