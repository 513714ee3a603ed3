// A target that answers 503 until it is healed, and keeps the names of what it takes.

import { gunzipSync } from 'node:zlib';
import { serve } from '../../testkit/loopback.js';
import type { TargetKind } from '../../testkit/target-kinds.js';

/** A running stand-in. */
export interface NamesStandIn {
  readonly url: string;
  /** Requests that were answered 503. */
  refused(): number;
  /** Names of the events, in order. */
  taken(): readonly string[];
  heal(): void;
  close(): Promise<void>;
}

/** Starts it on a free loopback port. */
export async function startNamesStandIn(kind: TargetKind): Promise<NamesStandIn> {
  const taken: string[] = [];
  let refused = 0;
  let healthy = false;
  const server = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!healthy) {
      refused += 1;
      response.writeHead(503).end();
      return;
    }
    const bytes = Buffer.concat(chunks);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const { events, batch = events }: { events?: object[]; batch?: object[] } = JSON.parse(text);
    taken.push(...(batch ?? []).map((event) => kind.nameOf(JSON.stringify(event))));
    response.writeHead(kind.yes.status).end(kind.yes.body);
  });
  return {
    url: server.url,
    refused: () => refused,
    taken: () => taken,
    heal() {
      healthy = true;
    },
    close: server.close,
  };
}
