// Opens outboxes on disk for tests, and looks into outboxes of any kind.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Logger } from '../src/base/logger.js';
import { personOf } from '../src/ingest/forgotten.js';
import { type LaneId, laneId, STATSIG_TARGET } from '../src/outbox/lane-id.js';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import type { DeadLetter, Delivery, Outbox, OutboxEvent, PurgeChoice } from '../src/outbox/outbox.js';
import { type OutboxLimits, ROOMY } from './outbox-memory.js';

/** A time to count from. */
export const START = 1_800_000_000_000;

/** The lane of `event`. */
export const ACME = laneId('acme', STATSIG_TARGET);

/** A clock that stands still until it is set. */
export function createClock(): { at: number; now: () => number } {
  const clock = { at: START, now: () => clock.at };
  return clock;
}

/** An event that is accepted at the start of time. */
export function event(messageId: string | undefined, overrides: Partial<OutboxEvent> = {}): OutboxEvent {
  const payload = JSON.stringify({ eventName: 'Order Completed', metadata: { id: messageId ?? 'none' } });
  return {
    workspaceId: 'acme',
    target: STATSIG_TARGET,
    messageId,
    origin: 'webhook',
    payload,
    acceptedAt: START,
    ...overrides,
  };
}

/** A log that can be waited for. */
export interface AwaitableLog extends Logger {
  readonly errors: readonly string[];
  /** Resolves when a line with the text is logged; set up before what causes it. */
  logged(text: string): Promise<void>;
}

export function awaitableLog(): AwaitableLog {
  const errors: string[] = [];
  const waiting: { text: string; resolve: () => void }[] = [];
  const tell = (message: string) => {
    for (const { resolve } of waiting.filter(({ text }) => message.includes(text))) resolve();
  };
  const keep = (fields: object, message: string) => {
    errors.push(`${message} ${JSON.stringify(fields)}`);
    tell(message);
  };
  const pass = (_fields: object, message: string) => tell(message);
  return {
    errors,
    logged: (text) => new Promise((resolve) => waiting.push({ text, resolve })),
    debug: pass,
    info: pass,
    warn: pass,
    error: keep,
  };
}

/** By directory. */
const opened = new Map<string, Outbox[]>();

/** A path for an outbox, removed after the test. */
export function outboxDirectory(context: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'outbox-'));
  const directory = join(parent, 'outbox');
  context.after(async () => {
    // What is under way in them would find its directory gone.
    for (const outbox of opened.get(directory) ?? []) await outbox.close();
    opened.delete(directory);
    // Without holding up the thread: a store that is closing meanwhile may write once more, and what it wrote is found at the next try.
    await rm(parent, { recursive: true, force: true, maxRetries: 20 });
  });
  return directory;
}

/** Opens an outbox on disk; it is closed after the test. Its clock stands at the start of time unless it has one. */
export async function openOnDisk(
  context: TestContext,
  directory: string,
  limits: Partial<OutboxLimits> = {},
  log: Logger = awaitableLog(),
): Promise<Outbox> {
  const outbox = await openLevelOutbox({ ...ROOMY, now: () => START, ...limits, directory, log });
  opened.set(directory, [...(opened.get(directory) ?? []), outbox]);
  context.after(() => outbox.close());
  return outbox;
}

/** Claims everything that is due in a lane. */
export function claimAll(outbox: Outbox, lane: LaneId = ACME): Promise<readonly Delivery[]> {
  return outbox.claim(lane, 1_000_000, 1_000_000_000);
}

/** Takes out what is about these people. */
export function about(...people: readonly string[]): Extract<PurgeChoice, { readonly people: object }> {
  const ids = new Set(people);
  const concerns = (payload: string, target: string) => ids.has(personOf(payload, target) ?? '');
  return { people: { ids, of: personOf }, concerns };
}

/** Bytes that wait: those of the payloads, and a little for keys and ids. */
export function assertAbout(bytes: number, payloads: number, records = 1): void {
  assert.ok(
    bytes >= payloads && bytes <= 1.05 * payloads + 200 * records,
    `${bytes} bytes for payloads of ${payloads}`,
  );
}

export function idsOf(deliveries: readonly { readonly messageId: string | undefined }[]): (string | undefined)[] {
  return deliveries.map(({ messageId }) => messageId);
}

export async function deadLettersOf(outbox: Outbox, workspaceId?: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of outbox.deadLetters(workspaceId)) letters.push(letter);
  return letters;
}
