// ID lists with a clock, a directory and settings of a test's own.

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Logger } from '../src/base/logger.js';
import { Secret } from '../src/base/secret.js';
import type { DeliveryTarget, Part, Sent } from '../src/dispatch/delivery-target.js';
import type { MembershipChange } from '../src/model/conversion.js';
import { listTarget } from '../src/outbox/lane-id.js';
import type { DryRunRequest } from '../src/targets/dry-run.js';
import { createIdLists, type IdListsOptions } from '../src/targets/statsig-lists/id-lists.js';
import type { CompiledAudiences } from '../src/transform/compiled-audiences.js';
import { CONSOLE_KEY } from './console-stand-in.js';
import { FakeClock } from './fake-clock.js';

/** Too long for any test to reach by accident. */
const LONG_MS = 60_000;

/** A time that changes are counted from. */
export const NOON = Date.UTC(2026, 0, 15, 12);

/** Settings of a workspace `acme` with a key; `consoleKey: undefined` makes a dry run. */
export function audiencesOf(consoleUrl: string, parts: Partial<CompiledAudiences> = {}): CompiledAudiences {
  return {
    workspaceId: 'acme',
    isDryRun: 'consoleKey' in parts && parts.consoleKey === undefined,
    consoleKey: new Secret(CONSOLE_KEY),
    consoleUrl,
    types: new Set(),
    units: [],
    lists: new Map(),
    defaultIdType: 'userID',
    createMissing: false,
    windowMs: 10_000,
    maxIdsPerRequest: 1_000,
    ...parts,
  };
}

/** `+ada@5` enters and `-ada@5` leaves, 5 ms after noon. */
export function changeOf(text: string, listId = 'vip', idType = 'userID'): MembershipChange {
  const [, sign, id = '', time] = /^([+-])(.+)@(-?\d+)$/.exec(text) ?? [];
  return { listId, idType, id, member: sign === '+', time: NOON + Number(time) };
}

/** Deliveries of these changes. */
export function partOf(changes: readonly MembershipChange[]): Part {
  return changes.map((change, index) => ({
    workspaceId: 'acme',
    target: listTarget(change.listId),
    messageId: undefined,
    payload: JSON.stringify(change),
    acceptedAt: NOON,
    key: `acme/${index}`,
    attempts: 0,
  }));
}

/** Sends changes written as for `changeOf`. */
export function send(
  target: DeliveryTarget,
  texts: readonly string[],
  { signal } = new AbortController(),
): Promise<Sent> {
  return target.send(partOf(texts.map((text) => changeOf(text))), signal);
}

/** What was decided, in a few words: `delivered 200`. */
export function inShort(sent: Sent): string {
  return sent.kind === 'judged' ? `${sent.verdict.kind} ${sent.verdict.status}` : sent.kind;
}

/** The text of a verdict. */
export function messageOf(sent: Sent): string {
  return sent.kind === 'judged' ? sent.verdict.message : sent.kind;
}

/** A path for a store, removed after the test. */
export function storeDirectory(context: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'id-lists-'));
  // Without holding up the thread: a store that is closing meanwhile may write once more, and what it wrote is found at the next try.
  context.after(() => rm(parent, { recursive: true, force: true, maxRetries: 20 }));
  return join(parent, 'audiences');
}

/** A log that keeps its lines. */
export function keepingLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}

/** Opens ID lists; closed with the test. */
export function openIdLists(context: TestContext, options: Partial<IdListsOptions> & { readonly clock?: FakeClock }) {
  const { clock = new FakeClock(), ...rest } = options;
  const recorded: DryRunRequest[] = [];
  const log = keepingLog();
  const directory = options.directory ?? storeDirectory(context);
  const idLists = createIdLists({
    directory,
    timeoutMs: LONG_MS,
    now: clock.now,
    // What changes say of their time has passed: they are dated when they are received at the latest.
    wall: () => clock.now() + LONG_MS,
    record: (request) => recorded.push(request),
    log,
    ...rest,
  });
  context.after(() => idLists.close());
  return { ...idLists, clock, directory, recorded, logLines: log.lines };
}
