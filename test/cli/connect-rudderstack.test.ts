// `statsig-cdp connect rudderstack` as people and scripts run it.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, says } from '../../testkit/command-line.js';
import { exportedDestination, exportedSource, exportedWorkspace } from '../../testkit/rudderstack-export.js';

test('a script connects by a file, and takes it back; what is missing is one sentence', async (context) => {
  const settings = mkdtempSync(join(tmpdir(), 'connect-'));
  context.after(() => rmSync(settings, { recursive: true, force: true }));
  const config = join(settings, '.workspaceConfig.json');
  const destination = exportedDestination({ id: 'd-1', key: 'secret-of-shop' });
  writeFileSync(config, JSON.stringify(exportedWorkspace([exportedSource('web', [destination])])));
  const env = { PATH: process.env.PATH, STATSIG_CDP_SETTINGS: settings };
  const command = ['connect', 'rudderstack', '--url', 'http://127.0.0.1:9/'];

  await assert.rejects(
    runCli(command, { env }),
    says(/^Name the configuration of rudder-server.*--config.*--control-plane/),
  );
  await assert.rejects(
    runCli([...command, '--control-plane', 'http://127.0.0.1:9'], { env }),
    says(/^No workspace token of rudder-server's.*--token-file.*WORKSPACE_TOKEN/),
  );
  const { stdout } = await runCli([...command, '--config', config, '--json'], { env });
  const { steps } = JSON.parse(stdout);
  assert.deepEqual(
    steps.map(({ id, result }: { id: string; result: string }) => `${id}: ${result}`),
    ['record: done', 'settings: done', 'environment: by-hand', 'chain: by-hand'],
  );
  assert.ok(!stdout.includes('secret-of-shop'));
  assert.ok(readdirSync(settings).includes('rudderstack.yaml'));
  await runCli([...command, '--undo', '--yes'], { env });
  assert.deepEqual(readdirSync(settings), ['.workspaceConfig.json']);
});
