// Outboxes to move from and to, and what is in them; a move that is killed at a chosen step.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Secret } from '../src/base/secret.js';
import { personOf } from '../src/ingest/forgotten.js';
import { laneId, listTarget, STATSIG_TARGET } from '../src/outbox/lane-id.js';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import type { MovableOutbox } from '../src/outbox/moving.js';
import type { Outbox, OutboxEvent } from '../src/outbox/outbox.js';
import { LaneIds } from '../src/outbox/postgres/lane-ids.js';
import { createPostgresMoving } from '../src/outbox/postgres/moving.js';
import { openPostgres } from '../src/postgres/connection.js';
import { awaitableLog } from './outbox.js';
import { sharedOutbox } from './shared-outbox.js';
import { until } from './until.js';

/** An outbox that is opened to work with, or to be moved, one after the other. */
export interface MovablePlace {
  /** To be closed before it is opened again. */
  work(): Promise<Outbox>;
  move(): Promise<MovableOutbox>;
}

const DAY_MS = 86_400_000;

/** An outbox in a directory. @param now by which it accepts */
export function directoryPlace(context: TestContext, now: () => number = Date.now): MovablePlace {
  const parent = mkdtempSync(join(tmpdir(), 'move-'));
  context.after(() => rmSync(parent, { recursive: true, force: true }));
  const open = () =>
    openLevelOutbox({
      directory: join(parent, 'outbox'),
      ...{ maxBytes: 1 << 30, isShared: () => false, deadLetters: { maxBytes: 1 << 30, maxAgeMs: 30 * DAY_MS } },
      ...{
        reserveBytes: 0,
        maxAgeMs: 7 * DAY_MS,
        dedupeWindowMs: DAY_MS,
        maxDedupeEntries: 100_000,
        now,
        log: awaitableLog(),
      },
    });
  return {
    work: open,
    move: async () => (await open()).moving,
  };
}

/** An outbox in a database. @returns `undefined` where no server is installed: the test is skipped */
export async function databasePlace(context: TestContext): Promise<MovablePlace | undefined> {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return undefined;
  const { url, schema, replica } = shared;
  return {
    work: () => replica(),
    async move() {
      const settings = { url: new Secret(url), schema, maxConnections: 2, queryTimeoutMs: 60_000, log: awaitableLog() };
      const database = openPostgres(settings);
      return createPostgresMoving({ database, laneIds: new LaneIds(database, () => ''), personOf, now: Date.now });
    },
  };
}

const LANES = [
  { workspaceId: 'acme', target: STATSIG_TARGET },
  { workspaceId: 'acme', target: listTarget('vip') },
  { workspaceId: 'Größe & mehr', target: 'segment-eu' },
] as const;

/** Longer than an index keeps as it is. */
const LONG = 'x'.repeat(200);

/** More than a page of events; some without an id, with ids that are long or odd, with a `once` key. */
function eventsOf(now: number): readonly OutboxEvent[] {
  return Array.from({ length: 620 }, (_, index): OutboxEvent => {
    const lane = LANES[index % LANES.length] ?? LANES[0];
    const messageId = index % 50 === 7 ? undefined : `${index % 40 === 3 ? LONG : 'müssen\u0000'}-${index}`;
    return {
      ...lane,
      messageId,
      origin: index % 2 === 0 ? 'webhook' : 'key-1',
      ...(index % 11 === 0 && { digest: 'digest' }),
      ...(index % 10 === 4 && { once: { key: `user ${index}`, value: 'group A', windowMs: DAY_MS } }),
      payload: JSON.stringify({ number: index, text: index === 33 ? '\ud800 half' : 'Zürich' }),
      acceptedAt: now - 3_600_000 + index,
    };
  });
}

/** What was put into an outbox. */
export interface Filled {
  readonly events: readonly OutboxEvent[];
}

/** Claims some events of a lane. */
async function claim(outbox: Outbox, lane: { workspaceId: string; target: string }, most: number) {
  const claimed = await outbox.claim(laneId(lane.workspaceId, lane.target), most, 1 << 30);
  assert.ok(claimed.length > 0);
  return claimed;
}

/** Fills it: with events that wait, some of which were tried; delivered ones, of which the ids are remembered; dead letters, of which the windows are not. */
export async function fill(outbox: Outbox, now: number): Promise<Filled> {
  const events = eventsOf(now);
  for (const appended of await outbox.append(events)) assert.equal(appended, 'accepted');
  for (const lane of LANES) {
    const deliveries = await claim(outbox, lane, 12);
    await outbox.settle(
      deliveries.map((delivery, index) =>
        index < 4
          ? { kind: 'delivered', delivery }
          : index < 8
            ? { kind: 'dead', delivery, reason: 'rejected', answer: 'no\u0000 thanks', status: 400 }
            : { kind: 'putBack', delivery: { ...delivery, attempts: 3 } },
      ),
    );
  }
  return { events };
}

/** Two clocks of one machine. */
const NEARLY_MS = 60_000;

/** What is in an outbox: what each lane would deliver, in order, and its dead letters. A database keeps times by its own clock: nearly. */
export async function contentsOf(outbox: Outbox, now: number) {
  const assertOld = (acceptedAt: number) =>
    assert.ok(Math.abs(now - 3_600_000 - acceptedAt) < NEARLY_MS, `accepted at ${acceptedAt}`);
  const waiting = (await outbox.status()).lanes.filter((each) => each.waiting > 0);
  await until(() => waiting.every(({ lane }) => outbox.lanes().includes(lane)), 'it holds all lanes');
  const lanes = await Promise.all(
    LANES.map(async (lane) => {
      const found: object[] = [];
      for (;;) {
        const claimed = await outbox.claim(laneId(lane.workspaceId, lane.target), 500, 1 << 30);
        if (claimed.length === 0) break;
        for (const { key: _, acceptedAt, ...rest } of claimed) {
          assertOld(acceptedAt);
          found.push(rest);
        }
      }
      return found;
    }),
  );
  const letters: object[] = [];
  for await (const { key: _, acceptedAt, diedAt, ...rest } of outbox.deadLetters()) {
    assertOld(acceptedAt);
    assert.ok(Math.abs(Date.now() - diedAt) < NEARLY_MS);
    letters.push(rest);
  }
  const sorted = letters.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return { lanes, letters: sorted };
}

/** A process that is killed at a step of a move. */
export class Killed extends Error {}

/** The calls of a move that change something. */
const STEPS = ['note', 'remember', 'receive', 'remove', 'finish', 'received'] as const;

/** Ends with the n-th of these steps, of which no one hears that it is done. @returns both, and how many there were so far */
export function killedAt(
  from: MovableOutbox,
  to: MovableOutbox,
  step: number,
): { readonly from: MovableOutbox; readonly to: MovableOutbox; readonly steps: () => number } {
  let steps = 0;
  const wrap = (outbox: MovableOutbox): MovableOutbox =>
    new Proxy(outbox, {
      get(of, name) {
        const value: unknown = Reflect.get(of, name);
        if (typeof value !== 'function' || !STEPS.some((each) => each === name)) return value;
        return async (...args: unknown[]) => {
          steps += 1;
          const isLast = steps === step;
          const result: unknown = await Reflect.apply(value, of, args);
          if (isLast) throw new Killed();
          return result;
        };
      },
    });
  return { from: wrap(from), to: wrap(to), steps: () => steps };
}
