// Stand-ins for Statsig's log_event and Segment's batch route that count what arrives and look at nothing else.

import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../../testkit/loopback.js';

/** A stand-in. */
export interface Sink {
  readonly url: string;
  /** So far. */
  counts(): { readonly requests: number; readonly events: number };
  /** Waits for so many events in all. @throws Error when they do not come */
  until(events: number): Promise<void>;
  /** The body of the first request, as it came. */
  firstBody(): Buffer | undefined;
  close(): Promise<void>;
}

const PATIENCE_MS = 120_000;

async function startSink(
  status: number,
  countEvents: (request: IncomingMessage, body: Buffer) => number,
): Promise<Sink> {
  let requests = 0;
  let events = 0;
  let firstBody: Buffer | undefined;
  const server = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const body = Buffer.concat(chunks);
      firstBody ??= body;
      requests += 1;
      events += countEvents(request, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"success":true}');
    });
  });
  return {
    url: server.url,
    counts: () => ({ requests, events }),
    async until(wanted) {
      const deadline = performance.now() + PATIENCE_MS;
      while (events < wanted) {
        if (performance.now() > deadline) throw new Error(`${events} of ${wanted} events arrived`);
        await sleep(1);
      }
    },
    firstBody: () => firstBody,
    close: server.close,
  };
}

/** Statsig: each request says how many events are in it. */
export function startStatsigSink(): Promise<Sink> {
  return startSink(202, ({ headers }) => Number(headers['statsig-event-count']));
}

const MESSAGE_ID = '"messageId":';

/** Segment. */
export function startSegmentSink(): Promise<Sink> {
  return startSink(200, (_request, body) => {
    let events = 0;
    for (let at = body.indexOf(MESSAGE_ID); at !== -1; at = body.indexOf(MESSAGE_ID, at + MESSAGE_ID.length))
      events += 1;
    return events;
  });
}
