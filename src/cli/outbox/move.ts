// `statsig-cdp outbox move`: takes what waits, and all that is remembered beside it, from one outbox to another.

import { complain, say } from '../../base/terminal.js';
import { isUnavailable } from '../../outbox/insist.js';
import { MoveError, moveOutbox } from '../../outbox/moving.js';
import { DatabaseError } from '../../postgres/database-error.js';
import { manifest } from '../../settings/manifest.js';
import { moveMemberships } from '../../targets/statsig-lists/membership-moving.js';
import { CommandError } from '../running-process.js';
import { sayJson } from '../table.js';
import { type OpenPlace, placeOf } from './place.js';

/** What the command was asked for. */
export interface MoveOptions {
  readonly from: string;
  readonly to: string;
  readonly schema?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** How much of each kind. */
interface Counts {
  readonly waiting: number;
  readonly deadLetters: number;
  /** Ids and windows. */
  readonly remembered?: number;
  readonly memberships: number;
  readonly deletionRequests: number;
  readonly alreadyThere?: number;
}

async function count({ outbox, memberships, requests }: OpenPlace): Promise<Counts> {
  return {
    ...(await outbox.count()),
    memberships: (await memberships.count()).memberships,
    deletionRequests: (await requests.list()).length,
  };
}

/** What would be missed if events came first goes first; all of it may come twice. */
async function move(from: OpenPlace, to: OpenPlace): Promise<Counts> {
  const memberships = await moveMemberships(from.memberships, to.memberships);
  const requests = await from.requests.list();
  await to.requests.add(requests);
  const moved = await moveOutbox(from.outbox, to.outbox);
  await from.memberships.clear();
  await from.requests.clear();
  return { ...moved, memberships, deletionRequests: requests.length };
}

function sayCounts(what: string, counts: Counts): void {
  const { waiting, deadLetters, remembered, memberships, deletionRequests, alreadyThere = 0 } = counts;
  say(`${what}:`);
  say(`  events that wait        ${waiting}`);
  say(`  dead letters            ${deadLetters}`);
  if (remembered !== undefined) say(`  ids and windows         ${remembered}`);
  say(`  members of lists        ${memberships}`);
  say(`  deletions asked for     ${deletionRequests}`);
  if (alreadyThere > 0) say(`  there from before       ${alreadyThere}`);
}

/** Says what the storage says in a sentence: no stack, and no address. */
async function inWords<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof MoveError) throw new CommandError(error.message);
    if (error instanceof DatabaseError)
      throw new CommandError(`The database: ${error.message} (${error.code}). Run it again: it goes on where it was.`);
    if (isUnavailable(error)) throw new CommandError(error.message);
    throw error;
  }
}

const DEFAULT_SCHEMA = String(manifest.environment.find(({ name }) => name === 'OUTBOX_SCHEMA')?.default);

/** Moves, or counts. @throws CommandError; run again it goes on where it was */
export async function runMove({
  from,
  to,
  schema = process.env.OUTBOX_SCHEMA || DEFAULT_SCHEMA,
  dryRun = false,
  json = false,
}: MoveOptions): Promise<void> {
  const places = [placeOf(from, schema, process.env), placeOf(to, schema, process.env)] as const;
  const [source, destination] = places;
  if (source.name === destination.name) throw new CommandError('Both are the same outbox.');
  await inWords(async () => {
    const opened = await source.open(true);
    try {
      if (dryRun) {
        await destination.look();
        const counts = await count(opened);
        if (json) sayJson({ from: source.name, to: destination.name, ...counts });
        else sayCounts(`Would be moved from ${source.name} to ${destination.name}`, counts);
        return;
      }
      const there = await destination.open(false);
      try {
        const moved = await move(opened, there);
        if (json) sayJson({ from: source.name, to: destination.name, ...moved });
        else sayCounts(`Moved from ${source.name} to ${destination.name}`, moved);
        complain(`Nothing is left in ${source.name}.`);
      } finally {
        await there.close();
      }
    } finally {
      await opened.close();
    }
  });
}
