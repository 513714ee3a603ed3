// A stream of server-sent events that comes back by itself and goes on where it was.

import { ApiError, request } from './api.js';
import { createServerSentReader, type ServerSent } from './server-sent.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** A stream that says nothing for so long is taken to be broken: the process says something every 15 s. */
const SILENCE_MS = 50_000;

/** How a stream is. */
export type StreamState =
  | { readonly is: 'connecting' }
  | { readonly is: 'open' }
  /** It is tried again. */
  | { readonly is: 'away'; readonly because: string; readonly nextTryAt: number }
  /** It is not tried again: signed out, or refused. */
  | { readonly is: 'ended'; readonly because: string };

/** What to do with a stream. */
export interface StreamOptions {
  /** @param resumed what came before is had: only what comes after it is asked for */
  readonly path: (resumed: boolean) => string;
  readonly onEvent: (event: ServerSent) => void;
  readonly onState: (state: StreamState) => void;
  /** Id of the last event that is had already. */
  readonly after?: string;
}

/** What a stream is ended with, and tried at once. */
export interface Stream {
  close(): void;
  retryNow(): void;
}

async function readAll(response: Response, heard: () => void, onEvent: (event: ServerSent) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const read = createServerSentReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    for (const event of read(value)) onEvent(event);
  }
}

/** Not worth another try: who asks, or what is asked, has to change first. */
const isFinal = (error: unknown) =>
  error instanceof ApiError &&
  error.status >= 400 &&
  error.status < 500 &&
  error.status !== 408 &&
  error.status !== 429;

/**
 * Opens a stream by `fetch`, which tells an error's words (`EventSource` tells that there was one). After an interruption it asks for what came after the last event, by `Last-Event-ID`.
 * The pauses between the tries grow from half a second to ten.
 */
export function openStream({ path, onEvent, onState, after }: StreamOptions): Stream {
  const end = new AbortController();
  let lastId = after;
  let pauseMs = FIRST_PAUSE_MS;
  let wake = () => {};

  const once = async (): Promise<string> => {
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    heard();
    try {
      return await follow(AbortSignal.any([end.signal, silence.signal]), heard);
    } finally {
      clearTimeout(timer);
    }
  };

  const follow = async (signal: AbortSignal, heard: () => void): Promise<string> => {
    const response = await request(path(lastId !== undefined), {
      signal,
      headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
    });
    onState({ is: 'open' });
    pauseMs = FIRST_PAUSE_MS;
    await readAll(response, heard, (event) => {
      if (event.id !== undefined) lastId = event.id;
      onEvent(event);
    });
    return 'The process ended the stream.';
  };

  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      onState({ is: 'connecting' });
      let because: string;
      try {
        because = await once();
      } catch (error) {
        if (end.signal.aborted) return;
        because = error instanceof ApiError ? error.message : 'The connection broke.';
        if (isFinal(error)) return onState({ is: 'ended', because });
      }
      onState({ is: 'away', because, nextTryAt: Date.now() + pauseMs });
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pauseMs);
      });
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  void run();
  return {
    close() {
      end.abort();
      wake();
    },
    retryNow: () => wake(),
  };
}
