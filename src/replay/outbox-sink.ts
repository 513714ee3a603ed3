// Takes the events of an archive into an outbox of the replay's own, and delivers them from there as the server does.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { createSteadyClock } from '../base/steady-clock.js';
import type { Ingested } from '../ingest/inbound.js';
import type { Outbox } from '../outbox/outbox.js';
import { wireDelivery } from '../server/wire-delivery.js';
import type { DocumentCompiler } from '../settings/compile-document.js';
import { readProcessSettings } from '../settings/process.js';
import type { WorkspaceStore } from '../settings/store.js';
import type { WorkspaceDocument } from '../settings/workspace-document.js';
import { describeInvalid } from '../sources/result-words.js';
import { WAYS, type Way } from './choice.js';
import type { DeadLetterFile } from './dead-letter-file.js';
import { OF_THE_PAST } from './deciding.js';
import { ReplayStopped } from './replay-error.js';
import { type ChosenEvent, type Sink, type Step, valueOfEvent } from './step.js';
import type { Tally } from './tally.js';

/** What it is made of. */
export interface OutboxSinkOptions {
  /** Made where it is missing. What waits in it goes out, too. */
  readonly directory: string;
  readonly store: WorkspaceStore;
  readonly document: WorkspaceDocument;
  readonly compiler: DocumentCompiler;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Without it they stay in the outbox. */
  readonly deadLetters: DeadLetterFile | undefined;
  /** Of what was taken in, in all runs. */
  readonly tally: Tally;
}

/** Variables of the environment that are about the outbox and deliveries. Where the process listens is none of the replay's business. */
const OF_DELIVERY = /^(?:OUTBOX_(?!DIRECTORY|URL|SCHEMA|LEASE_MS)|DEAD_LETTERS_|DELIVERY_|SEGMENT_CLIENTS$)/;

/** An archive that was begun a month ago can be gone on with. */
const DEDUPE_WINDOW_MS = 30 * 86_400_000;

/** Events that wait, at most: they come off the archive when there is room. */
const MAX_WAITING = 50_000;

/** Between two looks at what waits. */
const LOOK_MS = 50;

/** How long it is tried without any success. */
const PATIENCE_MS = 600_000;

/** That requests under way may take at the end. */
const CLOSE_MS = 10_000;

const ORIGIN = 'replay';

/** Opens the outbox. */
export async function createOutboxSink(options: OutboxSinkOptions): Promise<Sink> {
  const { directory, store, document, compiler, env, log, signal, deadLetters, tally } = options;
  const ofDelivery = Object.fromEntries(Object.entries(env).filter(([name]) => OF_DELIVERY.test(name)));
  let lastProgress = performance.now();
  const wired = wireDelivery({
    settings: {
      ...readProcessSettings({ ...ofDelivery, OUTBOX_DIRECTORY: join(directory, 'outbox') }),
      dedupeWindowMs: DEDUPE_WINDOW_MS,
    },
    store,
    documents: compiler,
    metrics: {
      countOutcome({ kind }) {
        if (kind !== 'retry') lastProgress = performance.now();
      },
      countDropped() {},
    },
    access: { prepare: async () => {} },
    clock: createSteadyClock(),
    openOutbox: undefined,
    log,
  });
  const { delivery } = wired;
  const outbox: Outbox = await delivery.outbox();
  const countWaiting = () => outbox.lanes().reduce((all, lane) => all + outbox.countWaiting(lane), 0);

  function whatIsWrong(): string {
    const status = delivery.status();
    const problems =
      typeof status === 'object'
        ? [
            status.outbox.problem,
            ...status.dispatcher.lanes.map(({ target, problem }) => problem && `${target}: ${problem}`),
          ]
        : [];
    return problems.find((problem) => problem !== undefined) ?? 'nothing says why';
  }

  async function waitForFewer(most: number): Promise<void> {
    while (countWaiting() > most) {
      if (signal.aborted) throw new ReplayStopped('Stopped.');
      if (performance.now() - lastProgress > PATIENCE_MS)
        throw new ReplayStopped(`Nothing was delivered for ${PATIENCE_MS / 60_000} minutes: ${whatIsWrong()}`);
      await sleep(LOOK_MS);
    }
  }

  function accept(way: Way, events: readonly ChosenEvent[]): Promise<readonly Ingested[]> {
    const values = events.map(valueOfEvent);
    if (way === 'outbound') return delivery.outboundIngest.accept(compiler.compileOutbound(document), values);
    const workspace = compiler.compile(document);
    if (way === 'change') return delivery.ingest.accept(workspace, values, { origin: ORIGIN, coversAll: true });
    const originated = values.map((event) => ({ event, origin: ORIGIN }));
    return delivery.ingest.acceptTracked(workspace, originated, OF_THE_PAST);
  }

  async function acceptWhenThereIsRoom(way: Way, events: readonly ChosenEvent[]): Promise<readonly Ingested[]> {
    for (;;) {
      try {
        const results = await accept(way, events);
        return results;
      } catch (error) {
        const isFull = error instanceof PluginError && error.code === 'OUTBOX_FULL';
        if (!isFull && !(error instanceof PluginError && error.code === 'OUTBOX_UNAVAILABLE')) throw error;
        if (signal.aborted) throw new ReplayStopped('Stopped.');
        if (performance.now() - lastProgress > PATIENCE_MS) throw new ReplayStopped(error.message);
        await sleep(LOOK_MS);
      }
    }
  }

  function settle(events: readonly ChosenEvent[], results: readonly Ingested[], step: Step): void {
    results.forEach((result, index) => {
      const event = events[index];
      if (event === undefined) return;
      if (result.kind === 'accepted') step.tally.accepted += 1;
      else if (result.kind === 'duplicate') step.tally.duplicates += 1;
      else if (result.kind === 'filtered') step.tally.filter(result.reason);
      else step.refuse({ file: event.file, line: event.line, ...describeInvalid(result), event: valueOfEvent(event) });
    });
  }

  /** Those that the targets refused. They go into the file before they go out of the outbox. */
  async function takeDeadLetters(): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const letter of outbox.deadLetters()) {
      const { workspaceId: workspace, target, reason: code, answer: message, messageId, payload } = letter;
      tally.refuse(code);
      await deadLetters?.add([{ workspace, target, code, message, messageId, payload }]);
      keys.push(letter.key);
    }
    return keys;
  }

  return {
    worksWithValues: true,
    async take(step) {
      await waitForFewer(MAX_WAITING);
      for (const way of WAYS) {
        const events = step.events.filter((event) => event.way === way);
        if (events.length === 0) continue;
        settle(events, await acceptWhenThereIsRoom(way, events), step);
        lastProgress = performance.now();
      }
    },
    async finish(writeDown) {
      lastProgress = performance.now();
      await waitForFewer(0);
      const keys = await takeDeadLetters();
      await writeDown();
      if (deadLetters !== undefined) for (const key of keys) await outbox.drop(key);
      return {};
    },
    close: () => wired.close(CLOSE_MS),
  };
}
