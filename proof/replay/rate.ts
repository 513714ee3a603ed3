// How fast an archive goes into the outbox of a running plugin, while nothing is delivered.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlugin } from '../../testkit/plugin-process.js';
import { makeArchive } from './archive.js';
import { runKilled } from './killed-replay.js';

/** Nothing listens there. */
const DEAD = 'http://127.0.0.1:9';

const WRITE_KEY = 'write-key';

/** @returns events in a second @param bytes of the archive, decompressed */
export async function measureRate(bytes: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-replay-rate-'));
  try {
    const { events } = await makeArchive(directory, bytes, Date.now());
    const settings = join(directory, 'settings.json');
    const shop = { id: 'shop', secretKey: 'secret-example', eventsUrl: DEAD, trackingApi: { writeKeys: [WRITE_KEY] } };
    writeFileSync(settings, JSON.stringify([shop]));
    const env = { PORT: '0', STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'outbox') };
    const plugin = startPlugin(env, directory);
    const to = `http://127.0.0.1:${await plugin.listening}`;
    const args = [join(directory, 'segment-logs'), '--to', to, '--write-key', WRITE_KEY];
    const { eventsPerSecond } = await runKilled(args, join(directory, 'checkpoint'), [], events);
    await plugin.end('SIGTERM');
    return eventsPerSecond;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}
