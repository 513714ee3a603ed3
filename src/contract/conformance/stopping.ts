// Keeps a process at its end: it has been asked to stop, and a request that is not whole yet keeps it from ending.

import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { callHttp } from '../../call/http-call.js';
import { ConformanceError, type StartedTarget } from './target.js';

/** A process with nothing left to do would be gone before anything can be asked. Rudder-server's processor transform is what every target has. */
const UNFINISHED = [
  'POST /v0/destinations/statsig HTTP/1.1',
  'Host: 127.0.0.1',
  'Content-Type: application/json',
  'Content-Length: 2',
  'Connection: close',
  // The answer to it tells that the request is under way.
  'Expect: 100-continue',
  '',
  '',
].join('\r\n');

const REST = '[]';

/** Longest wait until a process that was asked to stop says so. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 20;

/** A target that stops, and does not end yet. */
export interface StoppingTarget {
  /** Lets it end, and waits for that. */
  end(): Promise<void>;
}

async function untilItStops(url: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await callHttp({ method: 'GET', url: `${url}/readyz`, headers: {} }, { timeoutMs: PATIENCE_MS });
    if (answer.kind === 'answered' && answer.status === 503) return;
    await sleep(LOOK_MS);
  }
  throw new ConformanceError('The process was asked to stop, and its /readyz does not say so.');
}

/** Asks a process to stop and keeps it from ending. @throws ConformanceError when it does not begin to stop */
export async function beginToStop(target: StartedTarget): Promise<StoppingTarget> {
  const { hostname, port } = new URL(target.url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  // What comes of the request is of no interest.
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(UNFINISHED);
  await once(socket, 'data');
  const ended = target.stop();
  const stopping = {
    async end() {
      socket.end(REST);
      await ended;
      socket.destroy();
    },
  };
  try {
    await untilItStops(target.url);
    return stopping;
  } catch (error) {
    await stopping.end();
    throw error;
  }
}
