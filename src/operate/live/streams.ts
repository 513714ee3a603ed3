// Streams the live log to those who watch it: a few times a second what is new, to each as fast as it reads.
//
// No watcher has a queue: each has a place in the memory of the log, and reads on from there when its connection takes more. One that is slower than the log finds entries gone, and is told how many.

import type { ServerResponse } from 'node:http';
import type { Role } from '../access/shapes.js';
import { readCursor, toCursorText } from './cursor.js';
import { type Matches, toMatches } from './filter.js';
import { textOf } from './kept-entry.js';
import type { Cursor, LiveLog } from './live-log.js';
import type { LiveFilter, LiveGap, LiveHello } from './shapes.js';

/** Milliseconds between two looks at what is new. */
const FLUSH_MS = 100;

/** So long nothing is sent at most: proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000;

/** So long a reader may take nothing. */
const SILENT_MS = 120_000;

/** Entries of one message. */
const MAX_ENTRIES = 500;

/** Streams at a time: each costs as much as writing down what it shows. */
export const MAX_WATCHERS = 64;

/** Of them, for those who may write: those who may only look cannot shut them out. */
export const FOR_WRITERS = 8;

/** What a watcher asks for. */
export interface WatchRequest {
  readonly filter: LiveFilter;
  /** Cursor of the last that it has. */
  readonly after: string | undefined;
  readonly role: Role;
  /** Whether the workspace that is asked for, if any, is one of the settings. */
  readonly isWorkspaceKnown: boolean;
}

/** One connection. */
class Watcher {
  readonly #log: LiveLog;
  readonly #response: ServerResponse;
  readonly #matches: Matches | undefined;
  #cursor: Cursor;
  #isFull = false;
  #lastSentAt = 0;

  constructor(log: LiveLog, response: ServerResponse, { filter, after, isWorkspaceKnown }: WatchRequest) {
    this.#log = log;
    this.#response = response;
    this.#matches = toMatches(filter);
    const hello: LiveHello = { epoch: log.epoch, state: 'on', ...(!isWorkspaceKnown && { isWorkspaceUnknown: true }) };
    const found = readCursor(after, log);
    this.#cursor = typeof found === 'object' ? found : log.end;
    this.#send('hello', JSON.stringify(hello));
    if (found === 'another process') {
      this.#gap({ reason: 'restart' });
      this.#cursor = { good: 0, bad: 0 };
    } else if (found === undefined) this.#sendNewest(filter.limit ?? 0);
    response.on('drain', () => {
      this.#isFull = false;
      this.flush();
    });
    this.flush();
  }

  /** Sends what is new, as far as the connection takes it. */
  flush(): void {
    let isAll = false;
    while (!isAll && !this.#isFull && !this.#response.destroyed) {
      const unread = this.#log.read(this.#cursor, MAX_ENTRIES);
      isAll = unread.isAll;
      this.#cursor = unread.cursor;
      // They name no place of their own: who leaves before the entries come goes on before them.
      if (unread.slow > 0) this.#gap({ reason: 'slow', missed: unread.slow });
      if (unread.rate > 0) this.#gap({ reason: 'rate', missed: unread.rate });
      const matches = this.#matches;
      const wanted = matches === undefined ? unread.entries : unread.entries.filter(matches);
      if (wanted.length > 0) this.#send('entries', `[${wanted.map(textOf).join(',')}]`);
    }
  }

  /** Tells that the stream lives, and where it is: a filter may have let nothing through for hours. */
  beat(now: number): void {
    if (this.#isFull) {
      // The other side is gone, or reads nothing.
      if (now - this.#lastSentAt > SILENT_MS) this.#response.destroy();
      return;
    }
    if (now - this.#lastSentAt < HEARTBEAT_MS) return;
    this.#write(`: still here\nid: ${toCursorText(this.#log.epoch, this.#cursor)}\n\n`);
  }

  end(): void {
    this.#send('end', '{}');
    this.#response.end();
  }

  #sendNewest(limit: number): void {
    const texts: string[] = [];
    if (limit > 0)
      for (const kept of this.#log.newest()) {
        if (this.#matches?.(kept) === false) continue;
        texts.push(textOf(kept));
        if (texts.length >= limit) break;
      }
    if (texts.length > 0) this.#send('entries', `[${texts.reverse().join(',')}]`);
  }

  #gap(gap: LiveGap): void {
    this.#write(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`);
  }

  #send(event: string, data: string): void {
    this.#write(`event: ${event}\nid: ${toCursorText(this.#log.epoch, this.#cursor)}\ndata: ${data}\n\n`);
  }

  #write(text: string): void {
    this.#lastSentAt = performance.now();
    if (!this.#response.write(text)) this.#isFull = true;
  }
}

/** All streams of a process. */
export class LiveStreams {
  readonly #log: LiveLog;
  readonly #watchers = new Set<Watcher>();
  #readers = 0;
  #leave: (() => void) | undefined;
  #flushing: NodeJS.Timeout | undefined;
  #beating: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(log: LiveLog) {
    this.#log = log;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** Whether there is no place for one more of a role. */
  isFullFor(role: Role): boolean {
    if (this.#watchers.size >= MAX_WATCHERS) return true;
    return role === 'read' && this.#readers >= MAX_WATCHERS - FOR_WRITERS;
  }

  /** Streams until the reader goes away or the process stops. There is room for it. */
  add(response: ServerResponse, asked: WatchRequest): void {
    this.#leave ??= this.#log.watch(() => this.#soon());
    const watcher = new Watcher(this.#log, response, asked);
    if (this.#isClosed) {
      watcher.end();
      return;
    }
    this.#watchers.add(watcher);
    const { role } = asked;
    if (role === 'read') this.#readers += 1;
    this.#beating ??= setInterval(() => this.#beat(), HEARTBEAT_MS / 3).unref();
    response.on('close', () => {
      if (role === 'read') this.#readers -= 1;
      this.#remove(watcher);
    });
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
    this.#leave?.();
    this.#leave = undefined;
  }

  #soon(): void {
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      for (const watcher of this.#watchers) watcher.flush();
    }, FLUSH_MS).unref();
  }

  #beat(): void {
    const now = performance.now();
    for (const watcher of this.#watchers) watcher.beat(now);
  }

  /** Ends all streams. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#flushing);
    for (const watcher of this.#watchers) {
      watcher.flush();
      watcher.end();
    }
  }
}
