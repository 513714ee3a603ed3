// Where an outbox is that is moved: in a directory, or in a database.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from '../../base/logger.js';
import { Secret } from '../../base/secret.js';
import { personOf } from '../../ingest/forgotten.js';
import { openLevelOutbox } from '../../outbox/level-outbox.js';
import type { MovableOutbox } from '../../outbox/moving.js';
import { LaneIds } from '../../outbox/postgres/lane-ids.js';
import { createPostgresMoving } from '../../outbox/postgres/moving.js';
import { openPostgres } from '../../postgres/connection.js';
import { lookAtTables } from '../../postgres/migrate.js';
import { MIGRATIONS } from '../../postgres/migrations/list.js';
import { outboxUrlFault, schemaFault } from '../../settings/shared-outbox.js';
import { REQUESTS_FILE } from '../../targets/statsig-deletions/deletions.js';
import {
  type MovableRequests,
  requestsInDatabase,
  requestsInFile,
} from '../../targets/statsig-deletions/request-moving.js';
import {
  type MovableMemberships,
  movableInDatabase,
  movableOnDisk,
} from '../../targets/statsig-lists/membership-moving.js';
import { CommandError } from '../running-process.js';

/** All that is moved, of one place, which nothing else uses. */
export interface OpenPlace {
  readonly outbox: MovableOutbox;
  readonly memberships: MovableMemberships;
  readonly requests: MovableRequests;
  close(): Promise<void>;
}

/** A place that has not been opened. */
export interface Place {
  /** For people: without user, password or parameters. */
  readonly name: string;
  /** @param from whether it is moved from: then it has to be there @throws CommandError */
  open(from: boolean): Promise<OpenPlace>;
  /** Finds out whether it can be moved to, and changes nothing. @throws CommandError, DatabaseError */
  look(): Promise<void>;
}

/** With a colon before the first separator of a path, that does not follow the letter of a drive. */
const ADDRESS = /^[^/\\]{2,}:/;
const VARIABLE = /^[A-Z][A-Z0-9_]*$/;

const BEYOND = Number.MAX_SAFE_INTEGER;

/** Of a whole page. */
const QUERY_TIMEOUT_MS = 60_000;

/** What they have to say goes to standard error in a sentence of the command's own. */
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function inDirectory(path: string): Place {
  const directory = resolve(path);
  const beside = dirname(directory);
  const memberships = join(beside, 'memberships');
  const file = join(beside, REQUESTS_FILE);
  return {
    name: directory,
    // Whether it can be written is known when it is.
    async look() {},
    async open(from) {
      if (from && !existsSync(directory)) throw new CommandError(`There is no outbox in ${directory}.`);
      const outbox = await openLevelOutbox({
        directory,
        // Nothing is accepted or dropped by a move.
        ...{ maxBytes: BEYOND, isShared: () => false, deadLetters: { maxBytes: BEYOND, maxAgeMs: BEYOND } },
        ...{ reserveBytes: 0, maxAgeMs: BEYOND, dedupeWindowMs: 1, maxDedupeEntries: BEYOND, log: SILENT },
      });
      const { diskProblem } = outbox;
      if (diskProblem !== undefined) {
        await outbox.close();
        const isUsed = diskProblem.code === 'LEVEL_LOCKED' || diskProblem.code === 'TAKEN';
        throw new CommandError(
          isUsed
            ? `A process uses the outbox in ${directory}: stop it first.`
            : `The outbox in ${directory} cannot be used: ${diskProblem.text} (${diskProblem.code}).`,
        );
      }
      const known = movableOnDisk({ directory: memberships, now: Date.now, log: SILENT });
      return {
        outbox: outbox.moving,
        memberships: from && !existsSync(memberships) ? NO_MEMBERSHIPS : known,
        requests: requestsInFile(file, SILENT),
        async close() {
          await known.close();
          await outbox.close();
        },
      };
    },
  };
}

/** Nothing is known, and nothing is made to say so. */
const NO_MEMBERSHIPS: MovableMemberships = {
  lists: async () => [],
  async *memberships() {},
  async receiveLists() {},
  async receive() {},
  count: async () => ({ lists: 0, memberships: 0 }),
  async clear() {},
  async close() {},
};

function inDatabase(text: string, schema: string): Place {
  const fault = outboxUrlFault(text);
  if (fault !== undefined) throw new CommandError(fault.replaceAll('OUTBOX_URL', 'The address'));
  const faultOfSchema = schemaFault(schema);
  if (faultOfSchema !== undefined) throw new CommandError(faultOfSchema);
  const { hostname, port, pathname } = new URL(text);
  const name = `postgres://${hostname}:${port === '' ? 5432 : port}${pathname}, schema ${schema}`;
  const settings = { url: new Secret(text), schema, queryTimeoutMs: QUERY_TIMEOUT_MS };
  const areThere = () => lookAtTables(settings, MIGRATIONS);
  return {
    name,
    async look() {
      await areThere();
    },
    async open(from) {
      if (from && !(await areThere())) throw new CommandError(`There is no outbox in ${name}.`);
      const database = openPostgres({ ...settings, maxConnections: 2, log: SILENT });
      // Turns are written by those who deliver.
      const laneIds = new LaneIds(database, () => '');
      return {
        outbox: createPostgresMoving({ database, laneIds, personOf, now: Date.now }),
        memberships: movableInDatabase(database),
        requests: requestsInDatabase(database),
        close: () => database.close(),
      };
    },
  };
}

/** @param text a directory, an address of a database, or `env:NAME` of a variable that holds one of them @throws CommandError */
export function placeOf(text: string, schema: string, environment: NodeJS.ProcessEnv): Place {
  const [, name] = /^env:(\w+)$/.exec(text) ?? [];
  const value = name === undefined ? text : environment[name];
  if (value === undefined || value === '') throw new CommandError(`${name ?? 'A place'} is not set.`);
  if (/^postgres(?:ql)?:/i.test(value)) return inDatabase(value, schema);
  // A folder of such a name would be made, and all be moved into it. What may hold a password is not repeated.
  if (ADDRESS.test(value))
    throw new CommandError(
      'A place is a directory, postgres://user:password@host:5432/database, or env:NAME. Of a directory with a colon in its name write the whole path.',
    );
  if (VARIABLE.test(value) && !existsSync(value))
    throw new CommandError(`There is no directory ${value}. For the variable write env:${value}.`);
  return inDirectory(value);
}
