// The database of the benchmark of the shared outbox, and what it takes of the machine.

import { readFileSync } from 'node:fs';
import { type PostgresCluster, startCluster } from '../../testkit/postgres-cluster.js';
import { treeProcessorSeconds } from '../performance/process-tree.js';

/** It syncs what it commits. Beyond Debian's defaults it has memory for its tables, and room between two checkpoints. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', max_connections: '200' };

/** Clock ticks of Linux, in which it counts the processor time of processes. */
const TICKS_PER_SECOND = 100;

/** Starts it. @param parent directory on the disk that is measured */
export function startBenchDatabase(
  parent: string,
  follows?: { readonly cluster: PostgresCluster; readonly name: string },
): Promise<PostgresCluster> {
  return startCluster({ isDurable: true, settings: SETTINGS, parent, ...(follows !== undefined && { follows }) });
}

/** Of children that have ended and were waited for. */
function endedProcessorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** Processor time of all its processes so far, those that have ended included, in seconds. */
export function databaseProcessorSeconds({ pid }: PostgresCluster): number {
  return pid === undefined ? 0 : treeProcessorSeconds(pid) + endedProcessorSeconds(pid);
}
