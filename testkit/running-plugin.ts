// The running process with a stand-in for Statsig behind it, for senders that are the real ones.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ACCEPTED, serveLogEvent } from './log-event-stand-in.js';
import { startProcess, type TestProcess } from './server.js';
import type { StandIn, StandInAnswer } from './stand-in.js';

/** The stand-in. */
export type Statsig = StandIn;

/** A Statsig event as far as it is looked at before it is compared whole. */
interface SentEvent {
  readonly eventName: string;
  readonly time: number;
}

/** What is running. All of it ends with the test. */
export interface Running {
  readonly statsig: Statsig;
  readonly plugin: TestProcess;
  /** Another process on the same settings and the same outbox. */
  readonly startAgain: () => Promise<TestProcess>;
}

/** The process with these settings documents, whose events go to a stand-in for Statsig. */
export async function run(
  context: TestContext,
  documents: readonly object[],
  answer: () => StandInAnswer = () => ACCEPTED,
): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-clients-'));
  const statsig = await serveLogEvent(context, answer);
  const settings = join(directory, 'settings.json');
  writeFileSync(settings, JSON.stringify(documents.map((document) => ({ ...document, eventsUrl: statsig.url }))));
  const start = async () => {
    const process = await startProcess({
      STATSIG_CDP_SETTINGS: settings,
      OUTBOX_DIRECTORY: join(directory, 'outbox'),
    });
    context.after(() => process.stop());
    return process;
  };
  const plugin = await start();
  context.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 20 }));
  return { statsig, plugin, startAgain: start };
}

/**
 * Resolves when Statsig has accepted these events. A workspace's events come in the order in which they were sent: whatever was sent before, a
 * repetition too, has come then.
 */
export async function delivered(statsig: Statsig, ...names: readonly string[]): Promise<void> {
  const isComplete = () => {
    const accepted = new Set(statsig.accepted());
    return names.every((name) => accepted.has(name));
  };
  while (!isComplete()) await statsig.received(statsig.requests.length + 1);
}

/** The events Statsig got, each without its time, which is checked to be that at which it happened, give or take what the way took. */
export function timelessEvents(statsig: Statsig, happened: Date): readonly object[] {
  const events = statsig.requests.flatMap(({ text }): readonly SentEvent[] => JSON.parse(text).events);
  return events.map(({ time, ...rest }) => {
    assert.ok(Math.abs(time - happened.getTime()) < 30_000, `${rest.eventName} at ${time}`);
    return rest;
  });
}
