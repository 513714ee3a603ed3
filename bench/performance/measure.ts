// One measurement: a load on a server, and what the server took for it.

import type { Load, LoadSeen } from './load-contract.js';
import { treeProcessorSeconds, treeResidentMiB } from './process-tree.js';
import type { Bench } from './row.js';
import type { CacheCounts, Server } from './servers.js';
import { percentile } from './spread.js';

/** What was measured. */
export interface Measured {
  readonly seen: LoadSeen;
  readonly eventsPerSecond: number;
  /** By the server's own processor time; NaN where its process is not known. */
  readonly eventsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Afterwards; NaN where its process is not known. */
  readonly residentMiB: number;
}

/** Since the server's start. Its first look-up cannot find anything and does not count. */
function noteHitRate({ hitRates }: Bench, row: string, { hits, misses }: CacheCounts): void {
  if (hits > 0) hitRates.set(row, Math.min(hits / (hits + misses - 1), hitRates.get(row) ?? 1));
}

/**
 * Measures it.
 *
 * @param row notes how often compiled settings were found under this name; nothing is noted without it
 * @param settled resolves when the server has done what the load has it do; its processor time until then counts
 */
export async function measure(
  bench: Bench,
  server: Server,
  load: Omit<Load, 'port'>,
  row?: string,
  settled: () => Promise<void> = async () => {},
): Promise<Measured> {
  const { pid, port } = server;
  const spent = () => (pid === undefined ? Number.NaN : treeProcessorSeconds(pid));
  const before = spent();
  const seen = await bench.generator.make({ ...load, port });
  await settled();
  const cpuSeconds = spent() - before;
  const counts = row === undefined ? undefined : await server.cacheCounts?.();
  if (row !== undefined && counts !== undefined) noteHitRate(bench, row, counts);
  return {
    seen,
    eventsPerSecond: seen.events / seen.seconds,
    eventsPerCpuSecond: seen.events / cpuSeconds,
    p50Ms: percentile(seen.latenciesMs, 0.5),
    p99Ms: percentile(seen.latenciesMs, 0.99),
    residentMiB: pid === undefined ? Number.NaN : treeResidentMiB(pid),
  };
}
