// One measurement of the ingest benchmark: a fresh process, load on it, and its memory and outbox over time.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../testkit/free-port.js';
import { processorSeconds, readMetrics, residentMiB, startPlugin } from '../../testkit/plugin-process.js';
import { MAIN } from '../../testkit/programs.js';
import { type LoadSeen, makeLoad } from './ingest-child.js';

/** What to measure. */
export interface Phase {
  /** The compiled server; the plugin unless it is the floor. */
  readonly program?: string;
  /** Where events are sent. */
  readonly eventsUrl: string;
  readonly connections: number;
  readonly seconds: number;
  readonly eventsPerCall: number;
  /** Milliseconds between samples. */
  readonly sampleMs: number;
  /** A directory on the disk that is measured. */
  readonly directory: string;
}

/** How the process stood at a time. */
export interface Sample {
  readonly second: number;
  readonly residentMiB: number;
  /** Events waiting; none for the floor. */
  readonly waiting: number;
  /** Bytes of waiting events. */
  readonly outboxBytes: number;
  /** Bytes of the outbox's files. */
  readonly diskBytes: number;
}

export interface Measured {
  readonly seen: LoadSeen;
  readonly samples: readonly Sample[];
  /** Processor time of the process per accepted event, in microseconds; hardly depends on what else the machine does. */
  readonly processorMicros: number;
  /** Errors in the log. */
  readonly errors: readonly string[];
}

/** LevelDB removes files while we look. */
function sizeOf(directory: string): number {
  let bytes = 0;
  for (const name of readdirSync(directory))
    bytes += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** Measures it. The process is killed and its files are removed at the end. */
export async function measure(phase: Phase): Promise<Measured> {
  const { program = MAIN, eventsUrl, connections, seconds, eventsPerCall, sampleMs } = phase;
  const directory = mkdtempSync(join(phase.directory, 'statsig-cdp-ingest-'));
  const outbox = join(directory, 'outbox');
  mkdirSync(outbox);
  const settings = join(directory, 'settings.json');
  const document = { id: 'bench', secretKey: 'secret-bench', eventsUrl, trackingApi: { writeKeys: ['bench'] } };
  writeFileSync(settings, JSON.stringify(document));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PORT: String(port),
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: outbox,
    OUTBOX_MAX_BYTES: String(2 ** 36),
  };
  const running = startPlugin(env, directory, { program });
  const samples: Sample[] = [];
  try {
    if ((await running.listening) === undefined) throw new Error(`it does not start: ${running.errors.join('\n')}`);
    const start = performance.now();
    const sample = async () => {
      const second = Math.round((performance.now() - start) / 1000);
      const metrics = program === MAIN ? await readMetrics(url) : new Map<string, number>();
      const waiting = metrics.get('statsig_cdp_outbox_events') ?? 0;
      const outboxBytes = metrics.get('statsig_cdp_outbox_bytes') ?? 0;
      const memory = residentMiB(running.child.pid ?? 0);
      samples.push({ second, residentMiB: memory, waiting, outboxBytes, diskBytes: sizeOf(outbox) });
    };
    await sample();
    const before = processorSeconds(running.child.pid ?? 0);
    let over = false;
    const loading = makeLoad({ url, connections, seconds, eventsPerCall }).finally(() => {
      over = true;
    });
    while (!over) {
      await Promise.race([sleep(sampleMs, undefined, { ref: false }), loading]);
      await sample();
    }
    const seen = await loading;
    const processorMicros = ((processorSeconds(running.child.pid ?? 0) - before) * 1e6) / seen.events;
    return { seen, samples, processorMicros, errors: running.errors };
  } finally {
    await running.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}
