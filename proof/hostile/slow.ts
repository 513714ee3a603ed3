// Clients that take their time, by the thousand.

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, AttemptGroup, Force, Observation } from './attempt.js';
import { type HostileRig, memoryOf } from './rig.js';

/** Open connections. */
const CLIENTS: Readonly<Record<Force, number>> = { short: 300, full: 1_000 };

/** A byte each, so often. */
const DRIP_MS = 1_000;

/** So many ordinary requests are sent meanwhile. */
const ORDINARY = 200;

function open(rig: HostileRig, bytes: string): Socket {
  const socket = connect({ port: rig.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.resume();
  socket.write(bytes);
  return socket;
}

/** Ordinary requests one after the other; milliseconds of the slowest but one in a hundred. */
async function ordinary(rig: HostileRig): Promise<{ readonly p99: number; readonly complaint: string | undefined }> {
  const times: number[] = [];
  let complaint: string | undefined;
  for (let count = 0; count < ORDINARY; count++) {
    const start = performance.now();
    complaint ??= await rig.control();
    times.push(performance.now() - start);
  }
  return { p99: Math.round(times.sort((a, b) => a - b)[Math.floor(ORDINARY * 0.99)] ?? 0), complaint };
}

async function beside(rig: HostileRig, count: number, bytes: string, drip: string): Promise<Observation> {
  const before = memoryOf(rig);
  const sockets = Array.from({ length: count }, () => open(rig, bytes));
  const timer = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(drip);
  }, DRIP_MS);
  try {
    await sleep(1.2 * DRIP_MS);
    const { p99, complaint } = await ordinary(rig);
    const perClient = Math.round(((memoryOf(rig) - before) * 1024) / count);
    const seen = `${count} clients; ordinary requests p99 ${p99} ms; ${perClient} KiB per client`;
    return {
      seen: complaint === undefined ? seen : `${seen}; ${complaint}`,
      held: complaint === undefined && perClient < 256,
    };
  } finally {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  }
}

const ANSWERED = 'ordinary requests are answered beside them';

function slow(what: string, bytes: string, drip: string): Attempt {
  return { what, promise: ANSWERED, run: (rig, force) => beside(rig, CLIENTS[force], bytes, drip) };
}

const POST = 'POST /v0/destinations/statsig HTTP/1.1\r\nHost: x\r\n';

/** Waits until the server ends the connection. */
function cutAfter(what: string, promise: string, bytes: string, drip: string, mostMs: number): Attempt {
  return {
    what,
    promise,
    isLong: true,
    async run(rig) {
      const start = performance.now();
      const socket = open(rig, bytes);
      const timer = setInterval(() => socket.write(drip), DRIP_MS);
      const closed = new Promise<'cut'>((resolve) => socket.once('close', () => resolve('cut')));
      const how = await Promise.race([closed, sleep(mostMs, 'still open' as const)]);
      clearInterval(timer);
      socket.destroy();
      return { seen: `${how} after ${Math.round((performance.now() - start) / 1000)} s`, held: how === 'cut' };
    },
  };
}

/** Clients that take their time. */
export const HOSTILE_SLOW: AttemptGroup = {
  title: 'Slow clients',
  attempts: [
    slow('connections that say nothing', '', ''),
    slow('heads that come byte by byte', 'GET /healthz HTTP/1.1\r\nX-A: ', 'a'),
    slow('bodies that come byte by byte', `${POST}Content-Length: 100000\r\n\r\n[`, ' '),
    slow('chunked bodies that come byte by byte', `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n`, '1\r\n \r\n'),
    slow(
      'bodies for a signed webhook that come byte by byte',
      `POST /statsig/acme HTTP/1.1\r\nHost: x\r\nX-Statsig-Signature: v0=${'0'.repeat(64)}\r\nX-Statsig-Request-Timestamp: 1\r\nContent-Length: 100000\r\n\r\n`,
      ' ',
    ),
    cutAfter('a head that never ends', 'cut within two minutes', 'GET /healthz HTTP/1.1\r\nX-A: ', 'a', 120_000),
    cutAfter(
      'a body that never ends',
      'cut within six minutes',
      `${POST}Transfer-Encoding: chunked\r\n\r\n`,
      '1\r\n \r\n',
      360_000,
    ),
  ],
};
