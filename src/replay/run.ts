// Replays an archive: reads its files one after the other, chooses, sends, and remembers how far it is.

import { parseJson } from '../base/json.js';
import { codeOf, UNKNOWN_CODE } from '../base/system-error.js';
import { isJsonObject } from '../model/segment-event.js';
import { beginningOf, bytesOf, type Checkpoint, CheckpointWriter, filesBefore } from './checkpoint.js';
import type { Choose } from './choice.js';
import { type DeadLetterFile, NO_DEAD_LETTERS } from './dead-letter-file.js';
import { openContents } from './file-contents.js';
import type { FoundFile } from './find-files.js';
import { guessFormat } from './guess-format.js';
import { readLayout } from './layout.js';
import { missingMessageId, withFields } from './message-id.js';
import type { Pace } from './pace.js';
import type { Format, Position } from './position.js';
import type { Progress } from './progress.js';
import { ReplayStopped } from './replay-error.js';
import { createSplitter, type Piece, type Splitter } from './split.js';
import { type Sink, Step } from './step.js';
import { countRefused, type Tallied, type Tally } from './tally.js';
import { type UnwrappedEvent, unwrapValue } from './unwrap.js';

/** What a replay is made of. */
export interface ReplayOptions {
  readonly files: readonly FoundFile[];
  readonly choose: Choose;
  /** Whether a file may hold anything that is wanted, by its path. */
  readonly isFileWanted: (path: string) => boolean;
  readonly sink: Sink;
  /** Steps that are taken in at once. */
  readonly concurrency: number;
  /** Default: what a call holds. */
  readonly maxStepEvents?: number | undefined;
  readonly pace: Pace;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly deadLetters?: DeadLetterFile | undefined;
  /** Where the position is kept, and what it goes with. */
  readonly checkpoint?: { readonly path: string; readonly options: Checkpoint['options'] } | undefined;
  readonly from?: Checkpoint | undefined;
  /** Of all runs; what this one does is added. */
  readonly tally: Tally;
}

/** What a replay came to. */
export interface Replayed {
  readonly tally: Tallied;
  readonly files: { readonly read: number; readonly skipped: number; readonly broken: number };
  /** Why it did not come to its end. */
  readonly stopped?: string;
  /** What the sink adds. */
  readonly more: object;
}

/** What messages repeat of a file that holds no JSON at all. */
const MOST_BAD_LINES = 100;

const MESSAGES: Readonly<Record<string, string>> = {
  NOT_JSON: 'The line is not JSON.',
  NOT_AN_EVENT: 'The value is no event, and no list of events.',
  VALUE_TOO_LARGE: 'The value has more than 10 MiB.',
  VALUE_BROKEN_OFF: 'The file ends within a value, or within its list.',
  NESTED_TOO_DEEP: 'The event is nested too deep to be written.',
  FILE_UNREADABLE: 'The file cannot be read',
  FILE_BROKEN_OFF: 'The gzip is cut off or damaged from here on',
  FILE_NOT_TEXT: 'The file is neither text nor gzip of text.',
  FILE_NOT_JSON: `Of its first ${MOST_BAD_LINES} lines none is JSON; the file is not read on.`,
};

function messageFor(code: string, detail?: string): string {
  return detail === undefined ? (MESSAGES[code] ?? code) : `${MESSAGES[code]} (${detail}).`;
}

/** Reads one archive. */
class Replay {
  readonly #options: ReplayOptions;
  readonly #deadLetters: DeadLetterFile;
  readonly #writer: CheckpointWriter | undefined;
  readonly #tally: Tally;
  readonly #files = { read: 0, skipped: 0, broken: 0 };
  /** Taken in, or on their way, in order. */
  readonly #steps: { readonly step: Step; isDone: boolean }[] = [];
  readonly #under = new Set<Promise<void>>();
  #step: Step;
  #position: Position | undefined;
  #failure: unknown;
  readonly #bytesTotal: number;
  /** Of files that are done. */
  #bytesDone = 0;
  #advancing: Promise<void> = Promise.resolve();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#step = new Step(options.maxStepEvents);
    this.#deadLetters = options.deadLetters ?? NO_DEAD_LETTERS;
    this.#tally = options.tally;
    this.#bytesTotal = options.files.reduce((all, { bytes }) => all + bytes, 0);
    this.#position = options.from?.position;
    const { checkpoint } = options;
    this.#writer = checkpoint && new CheckpointWriter(checkpoint.path, () => this.#toCheckpoint(checkpoint.options));
  }

  async run(): Promise<Replayed> {
    const { sink, progress } = this.#options;
    let stopped: string | undefined;
    let more = {};
    try {
      await this.#readAll();
      await this.#send();
      await this.#settleAll();
      more = await sink.finish(async () => this.#writer?.last());
    } catch (error) {
      await Promise.allSettled(this.#under);
      if (!(error instanceof ReplayStopped)) throw error;
      stopped = error.message;
    } finally {
      progress.end();
      await this.#advancing.catch(() => {});
      await this.#writer?.last();
    }
    return { tally: this.#tally.toJSON(), files: this.#files, more, ...(stopped !== undefined && { stopped }) };
  }

  async #readAll(): Promise<void> {
    const { files, from, isFileWanted } = this.#options;
    const at = from === undefined ? -1 : files.findIndex(({ path }) => path === from.position.file);
    for (const [index, file] of files.entries()) {
      // What was done and has grown since is gone on with.
      const isBefore = index < at || (index === at && from?.position.isDone === true && from.bytes === file.bytes);
      if (!isBefore && isFileWanted(file.path)) await this.#readFile(file, index === at ? from?.position : undefined);
      else if (!isBefore) this.#files.skipped += 1;
      this.#bytesDone += file.bytes;
    }
  }

  async #readFile(file: FoundFile, from: Position | undefined): Promise<void> {
    const { path } = file;
    this.#files.read += 1;
    const beginning = await beginningOf(path, file.bytes);
    let splitter: Splitter | undefined = from && createSplitter(from.format, { offset: from.offset, line: from.line });
    const { sourceId } = readLayout(path);
    let badLines = 0;
    let goodLines = 0;

    const take = (pieces: readonly Piece[]): void => {
      for (const piece of pieces) {
        if (this.#takePiece(path, piece, sourceId)) goodLines += 1;
        else badLines += 1;
      }
    };
    const mark = (isDone: boolean, { offset, line }: { readonly offset: number; readonly line: number }): void => {
      const format: Format = splitter?.format ?? 'lines';
      this.#step.end = { file: path, beginning, format, offset, line, isDone };
    };

    try {
      const { chunks, bytesRead } = await openContents(path, this.#options.signal, from?.offset);
      for await (const chunk of chunks) {
        if (splitter === undefined) {
          const format = guessFormat(chunk);
          if (format === undefined) {
            this.#refuseFile(path, 1, 'FILE_NOT_TEXT');
            break;
          }
          splitter = createSplitter(format, { offset: 0, line: 1 });
        }
        for (const piece of splitter.push(chunk)) {
          take([piece]);
          mark(false, { offset: piece.end, line: piece.endLine });
          if (this.#step.isFull) await this.#send();
        }
        if (goodLines === 0 && badLines >= MOST_BAD_LINES && splitter.format === 'lines') {
          this.#refuseFile(path, badLines, 'FILE_NOT_JSON');
          break;
        }
        this.#tell(bytesRead());
      }
      if (splitter !== undefined) take(splitter.end());
    } catch (error) {
      if (error instanceof ReplayStopped || this.#failure !== undefined) throw error;
      if (this.#options.signal.aborted) throw new ReplayStopped('Stopped.');
      if (codeOf(error) === UNKNOWN_CODE) throw error;
      const code = codeOf(error).startsWith('Z_') ? 'FILE_BROKEN_OFF' : 'FILE_UNREADABLE';
      this.#refuseFile(path, splitter?.next.line ?? 1, code, codeOf(error));
    }
    mark(true, splitter?.next ?? { offset: 0, line: 1 });
    if (this.#step.isFull) await this.#send();
  }

  #refuseFile(file: string, line: number, code: string, detail?: string): void {
    this.#files.broken += 1;
    this.#step.refuse({ file, line, code, message: messageFor(code, detail) });
  }

  /** @returns whether it is JSON */
  #takePiece(file: string, { text, fault, line, end }: Piece, sourceId: string | undefined): boolean {
    const step = this.#step;
    step.values += 1;
    const value = text === undefined ? undefined : parseJson(text);
    if (text === undefined || value === undefined) {
      const code = fault ?? 'NOT_JSON';
      step.tally.events += 1;
      step.refuse({ file, line, code, message: messageFor(code) });
      return false;
    }
    unwrapValue(value, text).forEach((event, index) => {
      step.tally.events += 1;
      this.#takeEvent(event, { file, line, place: `${end}:${index}` }, sourceId);
    });
    return true;
  }

  #takeEvent(
    { value: event, text }: UnwrappedEvent,
    { file, line, place }: { readonly file: string; readonly line: number; readonly place: string },
    sourceId: string | undefined,
  ): void {
    const step = this.#step;
    const { choose, sink } = this.#options;
    const refuse = (code: string) => step.refuse({ file, line, code, message: messageFor(code), event });
    const chosen = choose(event, sourceId);
    if ('filtered' in chosen) step.tally.filter(chosen.filtered);
    else if ('refused' in chosen) refuse(chosen.refused);
    else if (text === undefined || !isJsonObject(event)) refuse('NESTED_TOO_DEEP');
    else {
      const { way, time } = chosen;
      if (time !== undefined) step.tally.see(time);
      const messageId = way === 'outbound' ? undefined : missingMessageId(event, text, place);
      const named = messageId === undefined ? event : { ...event, messageId };
      step.add({
        value: sink.worksWithValues ? named : undefined,
        text: messageId === undefined ? text : withFields(text, { messageId }),
        hasWriteKey: event.writeKey !== undefined,
        way,
        file,
        line,
      });
    }
  }

  /** Hands the step on, when there is room for it. */
  async #send(): Promise<void> {
    const { sink, pace, signal, concurrency, maxStepEvents } = this.#options;
    const step = this.#step;
    this.#step = new Step(maxStepEvents);
    while (this.#under.size >= concurrency) await Promise.race(this.#under);
    await pace(step.events.length, signal);
    if (this.#failure !== undefined) throw this.#failure;
    if (signal.aborted) throw new ReplayStopped('Stopped.');
    const entry = { step, isDone: false };
    this.#steps.push(entry);
    const taking = sink
      .take(step)
      .then(() => {
        entry.isDone = true;
        return this.#advance();
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#under.delete(taking));
    this.#under.add(taking);
  }

  async #settleAll(): Promise<void> {
    await Promise.all(this.#under);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What is done and has nothing before it that is not, is counted and passed. */
  #advance(): Promise<void> {
    this.#advancing = this.#advancing.then(async () => {
      for (let first = this.#steps[0]; first?.isDone; first = this.#steps[0]) {
        this.#steps.shift();
        const { step } = first;
        await this.#deadLetters.add(step.letters);
        this.#tally.add(step.tally.toJSON());
        this.#position = step.end ?? this.#position;
      }
      await this.#writer?.now();
    });
    return this.#advancing;
  }

  async #toCheckpoint(options: Checkpoint['options']): Promise<Checkpoint | undefined> {
    const position = this.#position;
    if (position === undefined) return undefined;
    const tally = this.#tally.toJSON();
    const deadLetterBytes = await this.#deadLetters.sync();
    const { files } = this.#options;
    return {
      version: 1,
      options,
      files: filesBefore(files, position.file),
      position,
      bytes: bytesOf(files, position.file),
      tally,
      deadLetterBytes,
    };
  }

  #tell(bytesOfFile: number): void {
    const { progress } = this.#options;
    const bytesTotal = this.#bytesTotal;
    const { events, ...rest } = this.#tally.toJSON();
    progress.tell({ events, bytesRead: this.#bytesDone + bytesOfFile, bytesTotal, refused: countRefused(rest) });
  }
}

/**
 * Replays. What was done is written down even where it is stopped or fails.
 *
 * @throws ReplayError
 */
export function replay(options: ReplayOptions): Promise<Replayed> {
  return new Replay(options).run();
}
