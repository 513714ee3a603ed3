// `statsig-cdp connect rudderstack` between a running rudder-server and the plugin: what it claims is in force, and its event comes through.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../testkit/command-line.js';
import { FEATURES } from './features.js';
import type { Rig } from './rig.js';
import type { Scenario } from './scenario.js';
import { startTransformer } from './transformer-stand-in.js';
import { DESTINATION_ID, WRITE_KEY } from './workspace-config.js';

const TOKEN = 'token-of-the-operator-0123456789';

async function check({ gateway, plugin, statsig, directory, settle }: Rig, transformerUrl: string): Promise<string> {
  const settings = join(directory, 'settings.json');
  const before = readFileSync(settings, 'utf8');
  const env = { PATH: process.env.PATH, STATSIG_CDP_SETTINGS: settings, ADMIN_TOKEN: TOKEN };
  const command = [
    ...['connect', 'rudderstack', '--config', join(directory, 'workspaceConfig.json'), '--url', plugin.url],
    ...['--transformer-url', transformerUrl, '--data-plane', gateway.url],
  ];
  const planned = await runCli([...command, '--plan'], { env });
  assert.equal(readFileSync(settings, 'utf8'), before, 'the plan changes nothing');

  const { stdout } = await runCli([...command, '--json'], { env });
  const { steps } = JSON.parse(stdout) as { steps: readonly { id: string; result: string; problem?: string }[] };
  const results = Object.fromEntries(steps.map(({ id, result }) => [id, result]));
  assert.deepEqual(results, {
    record: 'done',
    settings: 'done',
    environment: 'by-hand',
    chain: 'done',
    'test-event': 'done',
  });
  const document = JSON.parse(readFileSync(settings, 'utf8'));
  assert.deepEqual(document.rudderstack, { destinationIds: [DESTINATION_ID] });
  const jobs = await settle(1);
  assert.deepEqual([...new Set(jobs.map(({ destinationType }) => destinationType))], ['STATSIG']);
  const names = statsig.accepted.map(({ eventName }) => eventName);
  assert.deepEqual([...new Set(names)], ['rudderstack::Statsig CDP Connected']);

  const again = await runCli([...command, '--plan', '--json'], { env });
  const states = (JSON.parse(again.stdout).steps as readonly { id: string; state: string }[]).map(
    ({ id, state }) => `${id}: ${state}`,
  );
  assert.deepEqual(states.slice(0, 2), ['record: there', 'settings: there']);
  await runCli([...command, '--undo', '--yes'], { env });
  assert.deepEqual(JSON.parse(readFileSync(settings, 'utf8')), JSON.parse(before), 'undone');
  for (const text of [planned.stdout, stdout, again.stdout]) assert.ok(!text.includes(WRITE_KEY));
  return `the destination was claimed, /features merged, ${names.length} event(s) went through rudder-server to Statsig alone; undone`;
}

export const connectScenario: Scenario = {
  name: 'connect rudderstack',
  async run(start) {
    const transformer = await startTransformer(FEATURES);
    try {
      const rig = await start({
        plugin: { UPSTREAM_TRANSFORMER_URL: transformer.url, ADMIN_TOKEN: TOKEN },
        // Until it is claimed the destination has neither a key nor an address.
        keyIn: 'environment',
        settings: { rudderstack: undefined },
        otherDestinations: [{ type: 'WEBHOOK', transformAt: 'processor' }],
      });
      return await check(rig, transformer.url);
    } finally {
      await transformer.close();
    }
  },
};
