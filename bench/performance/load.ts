// The load generator, a process of its own: makes the loads it is told by messages, one after another, and tells what it saw.

import { setTimeout as sleep } from 'node:timers/promises';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import { type FreshRequest, makeRequest, SIGNING_SECRET } from './forms.js';
import { KeptConnection, type Status } from './kept-connection.js';
import type { Load, LoadSeen } from './load-contract.js';

/** What the connections of one load share. */
interface Shared {
  readonly load: Load;
  readonly latenciesMs: number[];
  readonly statuses: Map<string, number>;
  /** Calls started. */
  started: number;
  /** Of `performance.now()`. */
  end: number;
}

function headOf({ path, headers, body }: FreshRequest, port: number): string {
  const lines = Object.entries({ ...headers, 'Content-Length': body.bytes.length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines, '', ''].join('\r\n');
}

/** Goes on from load to load, so that those of the last one are not asked for again first. */
let addressed = 0;

/** Makes the ids fresh. @returns the request with the headers that depend on its body */
function renew(request: FreshRequest, load: Load): FreshRequest {
  request.body.renewIds();
  if (load.destinations !== undefined) {
    request.body.address(addressed % load.destinations);
    addressed += 1;
  }
  if (load.form !== 'webhook') return request;
  return {
    ...request,
    headers: { ...request.headers, ...signWebhook(request.body.bytes.toString('latin1'), SIGNING_SECRET) },
  };
}

async function keepBusy(connection: KeptConnection, request: FreshRequest, shared: Shared): Promise<void> {
  const { load, latenciesMs, statuses } = shared;
  const { calls = Number.POSITIVE_INFINITY, pauseMs = 0, port } = load;
  const plainHead = headOf(request, port);
  while (performance.now() < shared.end && shared.started < calls) {
    shared.started += 1;
    const fresh = renew(request, load);
    const head = fresh === request ? plainHead : headOf(fresh, port);
    const before = performance.now();
    const status: Status = await connection.call(head, request.body.bytes);
    latenciesMs.push(performance.now() - before);
    const name = String(status ?? 'no answer');
    statuses.set(name, (statuses.get(name) ?? 0) + 1);
    if (status === undefined) await sleep(1);
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

async function make(load: Load): Promise<LoadSeen> {
  const shared: Shared = {
    load,
    latenciesMs: [],
    statuses: new Map(),
    started: 0,
    end: Number.POSITIVE_INFINITY,
  };
  const pairs = Array.from({ length: load.connections }, (_, i) => ({
    request: makeRequest(load.form, load.content, load.eventsPerCall, i + 1),
    connection: new KeptConnection(load.port),
  }));
  await Promise.all(pairs.map(({ connection }) => connection.open()));

  const cpu = process.cpuUsage();
  const start = performance.now();
  if (load.seconds !== undefined) shared.end = start + load.seconds * 1000;
  const busy = pairs.map(({ connection, request }) => keepBusy(connection, request, shared));
  await Promise.all(busy);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  for (const { connection } of pairs) connection.close();

  const { latenciesMs, statuses } = shared;
  return {
    events: (statuses.get('200') ?? 0) * load.eventsPerCall,
    seconds,
    latenciesMs,
    statuses: Object.fromEntries(statuses),
    cores: (user + system) / 1e6 / seconds,
    bytesPerEvent: (pairs[0]?.request.body.bytes.length ?? 0) / load.eventsPerCall,
    firstAnswer: pairs[0]?.connection.firstAnswer ?? '',
  };
}

process.on('message', async (load: Load) => {
  process.send?.(await make(load));
});
