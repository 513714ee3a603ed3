// The app for worked examples that are HTTP exchanges: all of it, as the process makes it, with a clock that stands still and an outbox in memory.

import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { PluginError } from '../src/base/errors.js';
import type { Logger } from '../src/base/logger.js';
import { createSteadyClock } from '../src/base/steady-clock.js';
import { testApp } from './app.js';
import { send, serve } from './loopback.js';
import { sumSamples } from './metric-samples.js';
import { MemoryOutbox } from './outbox-memory.js';
import { temporaryDirectory } from './settings.js';

/** What operators show at `/api`. */
export const ADMIN_TOKEN = 'admin-example';

const CLOSE_MS = 20_000;

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

/** What a fixture says of the app. */
export interface FixtureSetup {
  /** Settings documents. */
  readonly documents?: readonly object[] | undefined;
  /** False where no settings have been loaded yet. */
  readonly loaded?: boolean | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly outbox?:
    | {
        /** Message ids stored before. */
        readonly seen?: readonly string[];
        readonly fails?: OutboxFault;
      }
    | undefined;
}

export type OutboxFault = 'OUTBOX_FULL' | 'OUTBOX_UNAVAILABLE';

/** How a runner runs its fixtures. */
export interface FixtureRun {
  /** Milliseconds since the epoch at which the clock stands. Default: it is the system's. */
  readonly now?: number;
  /** Delivers what is stored. Without it everything stays where it is. */
  readonly delivers?: boolean;
  /** Default: silent. */
  readonly log?: Logger;
}

/** A request as fixtures write it. */
export interface FixtureRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A body to the letter. */
  readonly bodyText?: string;
  readonly encoding?: keyof typeof COMPRESS;
}

/** What came back. */
export interface FixtureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** The bytes of a body, before and after compression. */
export function bytesOf({ body, bodyText, encoding }: Omit<FixtureRequest, 'path'>): {
  readonly plain: Buffer;
  readonly sent: Buffer;
} {
  const plain = Buffer.from(bodyText ?? (body === undefined ? '' : JSON.stringify(body)));
  return { plain, sent: encoding === undefined ? plain : COMPRESS[encoding](plain) };
}

/** Names of headers are equal in any case: those of the fixture win. */
function headersOf({ headers = {}, encoding }: FixtureRequest, length: number): string[] {
  const all = new Map<string, readonly [string, string]>();
  const set = (name: string, value: string) => all.set(name.toLowerCase(), [name, value]);
  set('Content-Type', 'application/json');
  if (encoding !== undefined) set('Content-Encoding', encoding);
  if (length > 0) set('Content-Length', String(length));
  for (const [name, value] of Object.entries(headers)) set(name, value);
  return [...all.values()].flat();
}

/** Listens until the test ends. */
export async function startFixtureApp(context: TestContext, setup: FixtureSetup, run: FixtureRun = {}) {
  const clock = { at: run.now ?? 0 };
  const standing = { now: () => clock.at, wall: () => clock.at };
  const time = run.now === undefined ? createSteadyClock() : standing;
  const outbox = new MemoryOutbox({ now: time.now });
  outbox.held = !run.delivers;
  for (const id of setup.outbox?.seen ?? []) outbox.seenBefore.add(id);
  if (setup.outbox?.fails !== undefined) outbox.appendFault = new PluginError(setup.outbox.fails);
  const { close: closeApp, handler } = testApp({
    documents: setup.documents ?? [],
    ...(setup.loaded !== undefined && { loaded: setup.loaded }),
    environment: {
      OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox'),
      ADMIN_TOKEN,
      ...setup.environment,
    },
    clock: time,
    openOutbox: async () => outbox,
    ...(run.log !== undefined && { log: run.log }),
  });
  const server = await serve(handler);
  context.after(async () => {
    await server.close();
    await closeApp(CLOSE_MS);
  });

  async function ask(request: FixtureRequest): Promise<FixtureAnswer> {
    const { sent } = bytesOf(request);
    const { method = 'POST', path } = request;
    const answer = await send(server.port, method, path, headersOf(request, sent.length), sent);
    return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
  }

  return {
    outbox,
    clock,
    ask,
    /** The sum of a metric's samples that have these labels. */
    async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
      return sumSamples((await ask({ method: 'GET', path: '/metrics' })).text, name, labels);
    },
  };
}

/** Events that a protocol took, as the metrics tell it. */
export function takenBy(protocol: string): Readonly<Record<string, string>> {
  return { protocol, stage: 'ingest', outcome: 'converted' };
}
