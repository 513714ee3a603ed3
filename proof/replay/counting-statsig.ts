// Stands in for Statsig, and counts how often each event of an archive came.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { serve } from '../../testkit/loopback.js';

/** Statsig, counting. */
export interface CountingStatsig {
  readonly url: string;
  /** Events that came, repetitions included. */
  readonly total: number;
  /** How many events came how often: the index is how often. */
  histogram(): readonly number[];
  close(): Promise<void>;
}

const ORDER = /"order":"o-(\d+)"/g;

const MOST_COUNTED = 255;

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  const bytes = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('latin1');
}

/** @param events of the archive */
export async function startCountingStatsig(events: number): Promise<CountingStatsig> {
  const counts = new Uint8Array(events);
  let total = 0;
  const server = await serve(async (request, response) => {
    const text = await readText(request).catch(() => undefined);
    if (text === undefined) return;
    for (const [, number] of text.matchAll(ORDER)) {
      const at = Number(number);
      counts[at] = Math.min(MOST_COUNTED, (counts[at] ?? 0) + 1);
      total += 1;
    }
    response.writeHead(202).end('{"success":true}');
  });
  return {
    url: server.url,
    get total() {
      return total;
    },
    histogram() {
      const found: number[] = [];
      for (const count of counts) found[count] = (found[count] ?? 0) + 1;
      return Array.from(found, (count) => count ?? 0);
    },
    close: server.close,
  };
}
