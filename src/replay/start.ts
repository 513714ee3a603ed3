// Puts a replay together from what was asked for, and runs it.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../base/logger.js';
import { makePrivateDirectory } from '../base/private-files.js';
import type { EpochMs } from '../base/time.js';
import { createDocumentCompiler, type DocumentCompiler } from '../settings/compile-document.js';
import { DEFAULT_DOCUMENT } from '../settings/default-document.js';
import type { WorkspaceStore } from '../settings/store.js';
import type { WorkspaceDocument } from '../settings/workspace-document.js';
import { chooseDocument } from '../sources/tester/choose-document.js';
import { assertSameReplay, type Checkpoint, readCheckpoint } from './checkpoint.js';
import { type ArchivedSource, compileChoice, earliestWanted, type Wanted } from './choice.js';
import { type DeadLetterFile, openDeadLetterFile } from './dead-letter-file.js';
import { createDrySink } from './dry-sink.js';
import { type FoundFile, findFiles } from './find-files.js';
import { guessArchivedSource } from './guess-source.js';
import { readLayout } from './layout.js';
import { createOutboxSink } from './outbox-sink.js';
import { createPace } from './pace.js';
import { createPluginSink, type PluginAddress } from './plugin-sink.js';
import { Progress, type ProgressLine } from './progress.js';
import { ReplayError } from './replay-error.js';
import { type Replayed, replay } from './run.js';
import { MAX_STEP_EVENTS, type Sink } from './step.js';
import { countRefused, Tally } from './tally.js';

/** Where the events go. */
export type Destination =
  | { readonly kind: 'plugin'; readonly address: PluginAddress }
  | { readonly kind: 'outbox'; readonly store: WorkspaceStore; readonly workspace: string | undefined }
  | { readonly kind: 'dry run'; readonly store: WorkspaceStore | undefined; readonly workspace: string | undefined };

/** What is asked for. */
export interface AskedReplay {
  readonly paths: readonly string[];
  readonly destination: Destination;
  /** Guessed where it is not said. */
  readonly source: ArchivedSource | undefined;
  readonly wanted: Wanted;
  /** Events in a second. */
  readonly rate: number | undefined;
  /** Paths of files. */
  readonly checkpoint: string | undefined;
  readonly deadLetters: string | undefined;
}

/** Around it. */
export interface ReplaySurroundings {
  readonly line: ProgressLine;
  /** Told sentences for people. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** By the system's clock. */
  readonly now: () => EpochMs;
}

/** What it came to. */
export interface ReplayResult extends Replayed {
  readonly seconds: number;
  /** Of this run, as far as it read them. */
  readonly eventsPerSecond: number;
}

/** Steps on their way into a plugin: while it syncs one, it converts the next. */
const PLUGIN_CONCURRENCY = 3;

/** Steps in a second, at least, where a rate is asked for: so that it does not go in bursts. */
const STEPS_PER_SECOND = 4;

/** What the checkpoint goes with. Keys are no part of it: they may be changed meanwhile. */
function toOptions(
  { paths, destination, wanted }: AskedReplay,
  source: ArchivedSource,
): Readonly<Record<string, unknown>> {
  const to = destination.kind === 'plugin' ? destination.address.url : destination.kind;
  const workspace = destination.kind === 'plugin' ? destination.address.workspace : destination.workspace;
  return { ...wanted, paths, as: source, to, ...(workspace !== undefined && { workspace }) };
}

/** As much as the path of a file says. */
function compileFileChoice(wanted: Wanted, source: ArchivedSource, now: EpochMs): (path: string) => boolean {
  const earliest = earliestWanted(wanted, source, now);
  const sources = new Set(wanted.sources);
  return (path) => {
    const { sourceId, receivedBefore } = readLayout(path);
    if (sourceId !== undefined && sources.size > 0 && !sources.has(sourceId)) return false;
    // An event is received after it happened, so an old file has none that is new.
    return receivedBefore === undefined || earliest === undefined || receivedBefore > earliest;
  };
}

/** @throws ReplayError where nothing would go out */
function assertSends(document: WorkspaceDocument, compiler: DocumentCompiler, source: ArchivedSource): void {
  const fix = '--dry-run shows what would be sent.';
  if (source === 'statsig') {
    const { targets } = compiler.compileOutbound(document);
    if (targets.length === 0) throw new ReplayError(`The workspace ${document.id} has no outbound target. ${fix}`);
  } else if (document.secretKey === undefined)
    throw new ReplayError(`The workspace ${document.id} has no secretKey. ${fix}`);
}

/** The directory of the outbox, and what is done with it at the end. */
interface Scratch {
  readonly directory: string;
  /** @param isEmpty whether nothing is left in it */
  end(isEmpty: boolean): Promise<void>;
}

/** Beside a checkpoint it stays: what it remembers makes sure that nothing is sent twice. */
async function openScratch(asked: AskedReplay, from: Checkpoint | undefined): Promise<Scratch> {
  if (asked.checkpoint === undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'statsig-cdp-replay-'));
    return {
      directory,
      end: async (isEmpty) => {
        if (isEmpty) await rm(directory, { recursive: true, force: true });
      },
    };
  }
  const directory = `${asked.checkpoint}.outbox`;
  const isThere = await stat(directory).then(
    () => true,
    () => false,
  );
  if (from !== undefined && !isThere)
    throw new ReplayError(
      `${directory}, the outbox of the checkpoint ${asked.checkpoint}, is gone, and with it what waited there. Remove the checkpoint to begin anew.`,
    );
  await makePrivateDirectory(directory);
  return { directory, end: async () => {} };
}

/** Where events go, opened. */
interface OpenedSink {
  readonly sink: Sink;
  readonly concurrency: number;
  readonly compiler?: DocumentCompiler;
  readonly document?: WorkspaceDocument;
  end(isEmpty: boolean): Promise<void>;
}

interface SinkContext {
  readonly source: ArchivedSource;
  readonly from: Checkpoint | undefined;
  readonly tally: Tally;
  readonly deadLetters: DeadLetterFile | undefined;
}

async function openSink(
  asked: AskedReplay,
  { source, from, tally, deadLetters }: SinkContext,
  { signal, env, log, now, note }: ReplaySurroundings,
): Promise<OpenedSink> {
  const { destination } = asked;
  if (destination.kind === 'plugin')
    return {
      sink: createPluginSink(destination.address, signal),
      concurrency: PLUGIN_CONCURRENCY,
      end: async () => {},
    };
  const compiler = createDocumentCompiler(source === 'rudderstack' ? 'rudderstack' : 'segment');
  const { store, workspace } = destination;
  const document = store === undefined ? DEFAULT_DOCUMENT : chooseDocument(store, workspace);
  const opened = { compiler, document, concurrency: 1, end: async () => {} };
  if (destination.kind === 'dry run') {
    const compiled = {
      inbound: () => compiler.compile(document),
      outbound: () => compiler.compileOutbound(document),
    };
    return { ...opened, sink: createDrySink(compiled, now) };
  }
  assertSends(document, compiler, source);
  const { directory, end } = await openScratch(asked, from);
  const ofOutbox = { directory, store: destination.store, document, compiler, env, log, signal, deadLetters, tally };
  const sink = await createOutboxSink(ofOutbox);
  return {
    ...opened,
    sink,
    async end(isEmpty) {
      await end(isEmpty);
      if (!isEmpty) note(`What was not delivered lies in ${directory}.`);
    },
  };
}

async function findSource(
  { source }: AskedReplay,
  files: readonly FoundFile[],
  { note, signal }: ReplaySurroundings,
): Promise<ArchivedSource> {
  if (source !== undefined) return source;
  const guessed = await guessArchivedSource(files, signal);
  note(`Taken as ${guessed.source}'s, because ${guessed.why}. --as tells otherwise.`);
  return guessed.source;
}

/** @returns `undefined` where there is none, or none is asked for @throws ReplayError */
async function findCheckpoint(
  asked: AskedReplay,
  source: ArchivedSource,
  files: readonly FoundFile[],
): Promise<Checkpoint | undefined> {
  if (asked.checkpoint === undefined) return undefined;
  const found = await readCheckpoint(asked.checkpoint);
  if (found !== undefined) await assertSameReplay(found, toOptions(asked, source), files, asked.checkpoint);
  return found;
}

/**
 * Replays an archive.
 *
 * @throws ReplayError where it cannot be done; WorkspaceChoiceError, ProcessSettingsError
 */
export async function startReplay(asked: AskedReplay, surroundings: ReplaySurroundings): Promise<ReplayResult> {
  const { line, note, signal, now } = surroundings;
  const { files, problems } = await findFiles(asked.paths);
  for (const problem of problems) note(problem);
  const source = await findSource(asked, files, surroundings);
  const from = await findCheckpoint(asked, source, files);
  if (from !== undefined)
    note(`Goes on at ${from.position.file}:${from.position.line}, after ${from.tally.events} events.`);
  const tally = new Tally();
  if (from !== undefined) tally.add(from.tally);
  const deadLetters =
    asked.deadLetters === undefined
      ? undefined
      : await openDeadLetterFile(asked.deadLetters, from?.deadLetterBytes ?? 0);
  const startedAt = now();
  const opened = await openSink(asked, { source, from, tally, deadLetters }, surroundings);
  const { sink, concurrency, compiler, document } = opened;
  const audiences = compiler && document && compiler.compile(document).audiences;
  const progress = new Progress(line);
  const { rate, wanted } = asked;
  let isEmpty = false;
  try {
    const replayed = await replay({
      files,
      choose: compileChoice(wanted, source, startedAt, audiences),
      isFileWanted: compileFileChoice(wanted, source, startedAt),
      sink,
      concurrency,
      maxStepEvents: rate === undefined ? undefined : Math.min(MAX_STEP_EVENTS, Math.ceil(rate / STEPS_PER_SECOND)),
      pace: createPace(rate),
      progress,
      signal,
      deadLetters,
      checkpoint:
        asked.checkpoint === undefined ? undefined : { path: asked.checkpoint, options: toOptions(asked, source) },
      from,
      tally,
    });
    isEmpty = replayed.stopped === undefined && (deadLetters !== undefined || countRefused(replayed.tally) === 0);
    const { seconds } = progress;
    const events = replayed.tally.events - (from?.tally.events ?? 0);
    return { ...replayed, seconds, eventsPerSecond: Math.round(events / Math.max(seconds, 0.001)) };
  } finally {
    await sink.close();
    await deadLetters?.close();
    await opened.end(isEmpty);
  }
}
