// Starts the servers that the speed benchmark compares, each a process of its own.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../testkit/free-port.js';
import { startPlugin } from '../../testkit/plugin-process.js';
import { MAIN } from '../../testkit/programs.js';
import { SIGNING_SECRET, WRITE_KEY } from './forms.js';

const FLOOR = new URL('floor.js', import.meta.url).pathname;
const TRACKING_FLOOR = new URL('../ingest/ingest-floor.js', import.meta.url).pathname;

/** Nothing listens there. */
export const DEAD = 'http://127.0.0.1:9';

/** A server under measurement. */
export interface Server {
  readonly port: number;
  /** `undefined` where the process cannot be found: then nothing is said of its processor time and memory. */
  readonly pid: number | undefined;
  /** Look-ups of compiled settings so far; ours alone tells. */
  cacheCounts?(): Promise<CacheCounts>;
  close(): Promise<void>;
}

/** Look-ups of compiled settings. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

/** What the plugin is started with. */
export interface PluginParts {
  /** A directory on the disk where the outbox shall be. */
  readonly directory: string;
  /** Of Statsig; nothing listens there unless given. */
  readonly eventsUrl?: string;
  /** Of Segment; without it nothing leaves Statsig. */
  readonly segmentUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function readCacheCounts(port: number): Promise<CacheCounts> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  const read = (result: string) =>
    Number(new RegExp(`^statsig_cdp_config_cache_total\\{result="${result}"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { hits: read('hit'), misses: read('miss') };
}

async function startProgram(
  program: string,
  { directory: parent, eventsUrl = DEAD, segmentUrl, env = {} }: PluginParts,
): Promise<Server> {
  const directory = mkdtempSync(join(parent, 'statsig-cdp-bench-'));
  const outbox = join(directory, 'outbox');
  mkdirSync(outbox);
  const settings = join(directory, 'settings.json');
  const targets = segmentUrl === undefined ? [] : [{ name: 'segment', writeKey: 'bench', host: segmentUrl }];
  const document = {
    id: 'bench',
    secretKey: 'secret-bench',
    eventsUrl,
    trackingApi: { writeKeys: [WRITE_KEY] },
    outbound: { signingSecrets: [SIGNING_SECRET], targets },
  };
  writeFileSync(settings, JSON.stringify(document));
  const port = await freePort();
  const environment = {
    PORT: String(port),
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: outbox,
    OUTBOX_MAX_BYTES: String(2 ** 36),
    ...env,
  };
  const running = startPlugin(environment, directory, { program });
  if ((await running.listening) === undefined) throw new Error(`it does not start: ${running.errors.join('\n')}`);
  return {
    port,
    pid: running.child.pid,
    ...(program === MAIN && { cacheCounts: () => readCacheCounts(port) }),
    async close() {
      await running.end('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The plugin as operators run it. */
export function startOurs(parts: PluginParts): Promise<Server> {
  return startProgram(MAIN, parts);
}

/** The plugin of another commit. @param program its main.js */
export function startBaseline(program: string, parts: PluginParts): Promise<Server> {
  return startProgram(program, parts);
}

/** What only parses and maps. */
export function startFloor(parts: PluginParts): Promise<Server> {
  return startProgram(FLOOR, parts);
}

/** The Tracking API without a disk. */
export function startTrackingFloor(parts: PluginParts): Promise<Server> {
  return startProgram(TRACKING_FLOOR, parts);
}
