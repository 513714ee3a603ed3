// An app that listens, and readers of its live log.

import type { TestContext } from 'node:test';
import { EventStreamReader } from '../src/cli/event-stream.js';
import type { LiveDetails, LiveEntry, LiveGap, LiveHello, LiveList } from '../src/operate/live/shapes.js';
import { type TestAppOptions, testApp } from './app.js';
import { serve } from './loopback.js';
import { MemoryOutbox } from './outbox-memory.js';

const TOKEN = 'token-of-the-operator-0123456789';
const AUTHORIZATION = { Authorization: `Bearer ${TOKEN}` };

/** What a reader was sent so far. */
export class StreamReading {
  readonly entries: LiveEntry[] = [];
  readonly gaps: LiveGap[] = [];
  readonly hellos: LiveHello[] = [];
  ended = false;
  lastId: string | undefined;
  readonly #abort = new AbortController();
  readonly #wanted: { readonly isDone: () => boolean; readonly resolve: () => void }[] = [];
  #over = false;

  async begin(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    const response = await fetch(url, { headers: { ...AUTHORIZATION, ...headers }, signal: this.#abort.signal });
    if (response.ok) void this.#read(response).finally(() => this.#finish());
    else this.#finish();
    return response;
  }

  async #read({ body }: Response): Promise<void> {
    const reader = new EventStreamReader();
    const decoder = new TextDecoder();
    try {
      for await (const bytes of body ?? []) {
        for (const { event, data, id } of reader.read(decoder.decode(bytes, { stream: true }))) {
          this.lastId = id;
          if (event === 'entries') this.entries.push(...JSON.parse(data));
          else if (event === 'gap') this.gaps.push(JSON.parse(data));
          else if (event === 'hello') this.hellos.push(JSON.parse(data));
          else if (event === 'end') this.ended = true;
        }
        this.#look();
      }
    } catch {
      // It was left, or the other side is gone.
    }
  }

  #look(): void {
    for (const each of this.#wanted.splice(0))
      if (this.#over || each.isDone()) each.resolve();
      else this.#wanted.push(each);
  }

  #finish(): void {
    this.#over = true;
    this.#look();
  }

  /** Resolves when it is so, or the stream is over. */
  until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted.push({ isDone, resolve });
      this.#look();
    });
  }

  leave(): void {
    this.#abort.abort();
  }
}

/** An app with a live log, on loopback. */
export async function startLive(context: TestContext, options: TestAppOptions = {}) {
  const app = testApp({
    openOutbox: async ({ now = Date.now }) => new MemoryOutbox({ now }),
    ...options,
    environment: { ADMIN_TOKEN: TOKEN, ...options.environment },
  });
  const listening = await serve((request, response) => app.handler(request, response));
  const streams: StreamReading[] = [];
  context.after(async () => {
    for (const each of streams) each.leave();
    await app.close(1_000);
    await listening.close();
  });
  const ask = async (path: string) => fetch(`${listening.url}${path}`, { headers: AUTHORIZATION });
  return {
    app,
    ...listening,
    authorization: AUTHORIZATION,
    ask,
    list: async (query = '') => (await (await ask(`/api/live${query}`)).json()) as LiveList,
    details: async (id: string) => (await (await ask(`/api/live/entry?id=${id}`)).json()) as LiveDetails,
    post: (path: string, body: object | string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(`${listening.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    /** @returns a stream that has begun */
    async stream(query = '', headers: Readonly<Record<string, string>> = {}): Promise<StreamReading> {
      const reading = new StreamReading();
      streams.push(reading);
      await reading.begin(`${listening.url}/api/live/stream${query}`, headers);
      await reading.until(() => reading.hellos.length > 0);
      return reading;
    },
  };
}
