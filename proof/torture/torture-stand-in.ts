// A place that events are delivered to as it is on its worst day: fails at random, and keeps a ledger of the events it accepted and of those whose answer was cut off.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Bell } from '../../testkit/bell.js';
import { serve } from '../../testkit/loopback.js';
import type { Random } from '../../testkit/random.js';
import { createMood, type Deed, type Weights } from './torture-deeds.js';

/** One request that was read to its end. */
export interface LedgerEntry {
  /** The lane it came from: a workspace's target. */
  readonly lane: string;
  /** The run of the process that sent it. */
  readonly session: string;
  /** Ids of the events, in order. */
  readonly ids: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly deed: Deed;
}

/** A request that came while another one of its lane was under way. */
export interface Overlap {
  readonly lane: string;
  /** The runs of the processes that sent the two. */
  readonly sessions: readonly [under: string, beside: string];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a request holds. */
export interface ReadRequest extends Pick<LedgerEntry, 'lane' | 'session' | 'ids'> {
  readonly hasPoison: boolean;
}

/** Whom it stands in for. */
export interface TortureRules {
  readonly weights: Weights;
  /** More is too large. */
  readonly maxRequestBytes: number;
  /** @throws Error when the request is what no request may be: an unknown key, an event of another workspace, a body that breaks the schema */
  read(text: string, headers: IncomingHttpHeaders, path: string): ReadRequest;
}

/** A running stand-in. */
export interface TortureStandIn {
  readonly url: string;
  /** In the order of arrival. */
  readonly ledger: readonly LedgerEntry[];
  /** Requests of a lane at the same time. */
  readonly overlaps: readonly Overlap[];
  /** What was wrong with requests. */
  readonly faults: readonly string[];
  /** From now on only too large and poisoned requests are refused; what hangs is reset. */
  heal(): void;
  close(): Promise<void>;
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}

/** Starts it on a free loopback port. @param answered rung after each answer */
export async function startTortureStandIn(
  { weights, maxRequestBytes, read }: TortureRules,
  random: Random,
  answered: Bell,
): Promise<TortureStandIn> {
  const ledger: LedgerEntry[] = [];
  const overlaps: Overlap[] = [];
  const faults: string[] = [];
  const underWay = new Map<string, Omit<ReadRequest, 'hasPoison'>>();
  const mood = createMood(weights, random);

  function enter(asked: Omit<ReadRequest, 'hasPoison'>, response: ServerResponse): void {
    const { lane, session } = asked;
    const other = underWay.get(lane);
    if (other !== undefined) overlaps.push({ lane, sessions: [other.session, session], at: Date.now() });
    underWay.set(lane, asked);
    response.once('close', () => {
      if (underWay.get(lane) === asked) underWay.delete(lane);
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBytes(request);
    const asked = read(bytes.toString(), request.headers, request.url ?? '');
    const { hasPoison, ...sent } = asked;
    enter(asked, response);
    const deed = mood.decide(bytes.length > maxRequestBytes, hasPoison);
    ledger.push({ ...sent, at: Date.now(), deed });
    await mood.act(deed, response);
    answered.ring();
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
  return { url: server.url, ledger, overlaps, faults, heal: () => mood.heal(), close: server.close };
}
