// Measures sustained ingest: events per second, latency, memory; with Statsig well and dead; and how much of the time is not the disk's.

import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { serve } from '../testkit/loopback.js';
import { syncsPerSecond } from './ingest/disk-speed.js';
import { type Measured, measure } from './ingest/ingest-phase.js';

const FLOOR = new URL('ingest/ingest-floor.js', import.meta.url).pathname;
/** Nothing listens there. */
const DEAD = 'http://127.0.0.1:9';
const CONNECTIONS = 64;
const BATCH = 100;

const seconds = Number(process.env.SECONDS ?? 60);
const directory = process.env.DIRECTORY ?? tmpdir();

const load = () => `load ${loadavg()[0]?.toFixed(1)}`;
const mega = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function print(name: string, { seen, samples, processorMicros, errors }: Measured): void {
  const { eventsPerSecond, p50Ms, p99Ms, statuses, cores } = seen;
  const refused = Object.entries(statuses).filter(([status]) => status !== '200');
  const [first, last] = [samples[0], samples.at(-1)];
  console.log(
    [
      name.padEnd(28),
      `${eventsPerSecond.toFixed(0).padStart(7)} events/s`,
      `p50 ${p50Ms.toFixed(1)} ms`,
      `p99 ${p99Ms.toFixed(1)} ms`,
      `${processorMicros.toFixed(0)} us of processor time per event`,
      `RSS ${first?.residentMiB.toFixed(0)} -> ${last?.residentMiB.toFixed(0)} MiB`,
      `waiting at the end ${last?.waiting}`,
      `load generator ${cores.toFixed(2)} cores`,
      load(),
      ...refused.map(([status, count]) => `${status}: ${count} calls`),
      ...(errors.length > 0 ? [`${errors.length} errors in the log: ${errors[0]}`] : []),
    ].join('  '),
  );
}

function printSamples({ samples }: Measured): void {
  for (const { second, residentMiB, waiting, outboxBytes, diskBytes } of samples)
    console.log(
      `  ${String(second).padStart(4)} s  RSS ${residentMiB.toFixed(0).padStart(4)} MiB  ${String(waiting).padStart(8)} events waiting, ${mega(outboxBytes)}; files ${mega(diskBytes)}`,
    );
}

const statsig = await serve((request, response) => {
  request.resume();
  request.once('end', () => response.writeHead(202).end('{"success":true}'));
});
const common = { connections: CONNECTIONS, directory, sampleMs: Math.max(1000, (seconds * 1000) / 10) };
console.log(
  `${availableParallelism()} cores, ${load()} before; the disk syncs ${syncsPerSecond(directory).toFixed(0)} times/s; ${CONNECTIONS} connections, ${seconds} s each`,
);
for (const eventsPerCall of [1, BATCH]) {
  const name = eventsPerCall === 1 ? 'single' : `batches of ${eventsPerCall}`;
  const well = await measure({ ...common, seconds, eventsPerCall, eventsUrl: statsig.url });
  print(`${name}, Statsig well`, well);
  const dead = await measure({ ...common, seconds, eventsPerCall, eventsUrl: DEAD });
  print(`${name}, Statsig dead`, dead);
  printSamples(dead);
  const floorSeconds = Math.max(1, seconds / 4);
  const floor = await measure({ ...common, seconds: floorSeconds, eventsPerCall, eventsUrl: DEAD, program: FLOOR });
  print(`${name}, without the disk`, floor);
  const rate = (measured: Measured) => (measured.seen.eventsPerSecond / floor.seen.eventsPerSecond).toFixed(2);
  const time = (measured: Measured) => (measured.processorMicros / floor.processorMicros).toFixed(2);
  console.log(
    `${name}: against the same without the disk ${rate(well)} of the rate and ${time(well)} times the processor time (Statsig well), ${rate(dead)} and ${time(dead)} (dead)`,
  );
}
await statsig.close();
