// Recognisable secrets on every way in.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Canaries, createCanaries } from './canaries.js';
import { serveEchoes } from './echoing-target.js';
import { type Asker, createAsker } from './secret-asker.js';
import { assertNone, listen, startPrinting } from './secret-process.js';
import { type SecretSettings, writeSecretSettings } from './secret-settings.js';
import { askOtherwise, askRudderstack, askSegment, askStatsigWebhook, askTrackingApi } from './secret-traffic.js';
import { temporaryDirectory } from './settings.js';
import { mountSmallDisk } from './small-disk.js';

/** Sends everything for every workspace. */
export async function askAll(asker: Asker, { workspaces }: SecretSettings, canaries: Canaries): Promise<void> {
  for (const workspace of workspaces) {
    const wrong = canaries.of(`wrong key for ${workspace.id}`);
    // Statsig does not answer there, and each of these calls would wait for it.
    if (!workspace.id.startsWith('hang')) {
      await askSegment(asker, workspace, wrong);
      await askRudderstack(asker, workspace, canaries);
    }
    await askTrackingApi(asker, workspace, wrong);
    await askStatsigWebhook(asker, workspace, wrong);
  }
  await askOtherwise(asker, canaries.of('wrong token'));
}

/** Sends everything to a process that can store nothing, and looks for what it was sent. */
export async function assertUnstoredKeepSecrets(
  context: TestContext,
  kind: 'a file in the way of the outbox' | 'a full disk',
): Promise<void> {
  const canaries = createCanaries();
  const directory = temporaryDirectory(context);
  const disk = kind === 'a full disk' ? mountSmallDisk(context, 200_000) : directory;
  if (disk === undefined) return;
  if (kind === 'a full disk') writeFileSync(join(disk, 'filler'), Buffer.alloc(150_000));
  else writeFileSync(join(disk, 'outbox'), '');
  const settingsDirectory = join(directory, 'settings');
  mkdirSync(settingsDirectory);
  const echoes = await serveEchoes();
  context.after(() => echoes.close());
  const settings = writeSecretSettings(settingsDirectory, echoes, canaries);
  const plugin = startPrinting(
    { ...settings.environment, STATSIG_CDP_SETTINGS: settingsDirectory, OUTBOX_DIRECTORY: join(disk, 'outbox') },
    directory,
  );
  context.after(() => plugin.end('SIGKILL'));
  const asker = createAsker(await listen(plugin), canaries);
  const workspaces = settings.workspaces.filter(({ id }) => id.startsWith('5'));
  await askAll(asker, { ...settings, workspaces }, canaries);
  await asker.ask('/readyz');
  await asker.ask('/metrics');
  assert.ok((asker.statuses.get(503) ?? 0) > 0, 'the disk takes nothing');
  assertNone(asker.leaks);
  await plugin.end('SIGTERM');
  assertNone(canaries.search('log', plugin.printed()));
}
