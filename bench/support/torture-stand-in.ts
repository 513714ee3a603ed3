// Statsig as it is on its worst day: fails at random, and keeps a ledger of what it took and whose answer was cut off.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { serve } from '../../test/support/loopback.js';
import { logEventSchema } from '../../test/support/statsig-event-schema.js';
import { Bell } from './bell.js';
import type { Random } from './random.js';
import { MAX_REQUEST_BYTES } from './torture-events.js';

/** What the stand-in does, and how often. `accept` and `accept late` become 413 or 400 when the request is too large or holds a poison event. */
const WEIGHTS = {
  accept: 80,
  'accept late': 16,
  'accept, then reset': 8,
  'accept, then cut off': 4,
  'accept, then hang': 1,
  '429': 4,
  '500': 4,
  '503': 4,
  'garbage 200': 4,
  'success false': 2,
  'reset unread': 4,
  hang: 1,
};

export type Deed = keyof typeof WEIGHTS | '413' | '400';

/** One request that was read to its end. */
export interface LedgerEntry {
  /** Id of the workspace, by the key of the request. */
  readonly lane: string;
  /** The run of the process that sent it. */
  readonly session: string;
  /** Ids of the events, in order. */
  readonly ids: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly deed: Deed;
}

/** A running stand-in. */
export interface TortureStandIn {
  readonly url: string;
  /** In the order of arrival. */
  readonly ledger: readonly LedgerEntry[];
  /** What no request may do: an unknown key, an event of another workspace, a body that breaks the schema. */
  readonly faults: readonly string[];
  /** From now on only too large and poisoned requests are refused; what hangs is reset. */
  heal(): void;
  /** Rings after each answer. */
  readonly answered: Bell;
  close(): Promise<void>;
}

interface LogEventBody {
  readonly events: readonly {
    readonly metadata: { readonly id: string; readonly lane: string; readonly poison?: string };
  }[];
}

const ajv = new Ajv({ strict: true, strictTypes: false });
addFormats.default(ajv);
const isLogEventBody = ajv.compile<LogEventBody>(logEventSchema);

const TAKEN: ReadonlySet<Deed> = new Set<Deed>([
  'accept',
  'accept late',
  'accept, then reset',
  'accept, then cut off',
  'accept, then hang',
]);

/** True when the stand-in has the events of the request. */
export function isTaken({ deed }: LedgerEntry): boolean {
  return TAKEN.has(deed);
}

/** True when the plugin can not know that the stand-in has the events. */
export function isCutOff({ deed }: LedgerEntry): boolean {
  return deed === 'accept, then reset' || deed === 'accept, then cut off' || deed === 'accept, then hang';
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}

const ANSWERS: Partial<Record<Deed, readonly [status: number, body: string, headers?: Record<string, string>]>> = {
  accept: [202, '{"success":true}'],
  'accept late': [202, '{"success":true}'],
  '429': [429, '{"error":"slow down"}', { 'retry-after': '1' }],
  '500': [500, 'boom'],
  '503': [503, ''],
  '413': [413, '{"error":"too large"}'],
  '400': [400, '{"error":"an event is poisoned"}'],
  'garbage 200': [200, '<html>Welcome to the proxy</html>'],
  'success false': [200, '{"success":false}'],
};

/**
 * Starts it on a free loopback port.
 *
 * @param lanes id of the workspace by its secret key
 */
export async function startTortureStandIn(lanes: ReadonlyMap<string, string>, random: Random): Promise<TortureStandIn> {
  const ledger: LedgerEntry[] = [];
  const faults: string[] = [];
  const hanging = new Set<ServerResponse>();
  const answered = new Bell();
  let healthy = false;

  function decide(events: LogEventBody['events'], bytes: number): Deed {
    const drawn = healthy ? 'accept' : random.weighted(WEIGHTS);
    if (!TAKEN.has(drawn)) return drawn;
    if (bytes > MAX_REQUEST_BYTES) return '413';
    return events.some(({ metadata }) => metadata.poison !== undefined) ? '400' : drawn;
  }

  async function answer(deed: Deed, response: ServerResponse): Promise<void> {
    const [status, body, headers] = ANSWERS[deed] ?? [];
    if (deed === 'accept late') await sleep(random.whole(20, 800));
    if (status !== undefined) response.writeHead(status, headers).end(body);
    else if (deed === 'accept, then cut off') {
      response.writeHead(202, { 'content-length': '16' });
      response.write('{"succ', () => response.destroy());
    } else if (deed === 'hang' || deed === 'accept, then hang') hanging.add(response);
    else response.socket?.resetAndDestroy();
    answered.ring();
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBytes(request);
    const body: unknown = JSON.parse(bytes.toString());
    const lane = lanes.get(String(request.headers['statsig-api-key']));
    if (lane === undefined) throw new Error('a request with an unknown key');
    if (!isLogEventBody(body)) throw new Error(ajv.errorsText(isLogEventBody.errors));
    const strangers = body.events.filter(({ metadata }) => metadata.lane !== lane);
    if (strangers.length > 0) throw new Error(`${lane} sends ${JSON.stringify(strangers[0])}`);
    const deed = decide(body.events, bytes.length);
    const session = String(request.headers['statsig-server-session-id']);
    ledger.push({ lane, session, ids: body.events.map(({ metadata }) => metadata.id), at: Date.now(), deed });
    await answer(deed, response);
  }

  const server = await serve((request, response) => {
    response.on('error', () => {});
    handle(request, response).catch((error: unknown) => {
      // A sender that was killed half-way is no fault of its own.
      if (!request.complete) return;
      faults.push(error instanceof Error ? error.message : String(error));
      response.destroy();
    });
  });
  return {
    url: server.url,
    ledger,
    faults,
    heal() {
      healthy = true;
      for (const response of hanging) response.socket?.resetAndDestroy();
    },
    answered,
    close: server.close,
  };
}
