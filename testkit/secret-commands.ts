// The commands of the CLI, with keys in what they read and a token that they are given.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createCanaries } from './canaries.js';
import { serve } from './loopback.js';
import { exportedDestination, exportedSource, exportedWorkspace } from './rudderstack-export.js';
import { assertNone, runCli, together } from './secret-process.js';
import { temporaryDirectory } from './settings.js';

/** Runs one of so many commands, each a process, and looks for the keys and the token in what they print. */
export async function assertCommandsKeepSecrets(context: TestContext, oneOf: number): Promise<void> {
  const canaries = createCanaries();
  const home = temporaryDirectory(context);
  const key = canaries.of('key');
  const token = canaries.of('admin token');
  const echo = await serve((request, response) => {
    response.writeHead(Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? 404), {
      location: `/${encodeURIComponent(token)}`,
    });
    const { authorization, 'statsig-api-key': message } = request.headers;
    // As Statsig and Segment word their refusals: with the key in it.
    response.end(JSON.stringify({ authorization, message, errors: [{ message: authorization }] }));
  });
  context.after(() => echo.close());
  const settings = join(home, 'settings.yaml');
  const targets = [{ name: 'web', writeKey: canaries.of('write key') }];
  writeFileSync(
    settings,
    JSON.stringify({ secretKey: key, consoleKey: canaries.of('console key'), outbound: { targets } }),
  );
  const inFile = (name: string, content: string): string => {
    const path = join(home, name);
    writeFileSync(path, content);
    return path;
  };
  const event = { type: 'track', event: 'Order Completed', userId: 'user-42', eventName: 'Order Completed' };
  const config = (Config: object) => ({ message: event, metadata: { jobId: 1 }, destination: { ID: 'd', Config } });
  const elements = [
    config({ secretKey: key, consoleKey: key }),
    config({ secretKey: key, mode: key }),
    config({ secretKey: [key] }),
    config({ secretKey: `env:${key}` }),
    config({ secretKey: '{{ message.key }}' }),
  ];
  const files = [
    inFile('event.json', JSON.stringify(event)),
    inFile('elements.json', JSON.stringify(elements)),
    inFile('lines.ndjson', `${JSON.stringify(config({ secretKey: key }))}\n${key}\n`),
    inFile('broken.json', `{"destination": {"Config": {"secretKey": ${key}`),
    inFile('short.json', key.slice(0, 18)),
  ];
  const invalid = inFile('invalid.yaml', JSON.stringify({ secretKey: [key], mode: key }));
  const commands: (readonly string[])[] = [['--help'], ['start', '--help'], ['dead-letters', '--help'], ['manifest']];
  for (const file of files) {
    for (const more of [[], ['--outbound']])
      commands.push(['transform', file, '--settings', settings, '--explain', ...more]);
  }
  commands.push(['transform', ...files.slice(0, 1), '--settings', invalid]);
  commands.push(['check', settings], ['check', invalid, '--json']);
  for (const status of ['200', '401', '500', '302']) {
    for (const verb of [
      ['dead-letters', 'list'],
      ['deletions', 'status'],
      ['dead-letters', 'groups'],
      ['dead-letters', 'show', 'key'],
      ['dead-letters', 'drop', 'key', '--yes'],
    ])
      commands.push([...verb, '--url', `${echo.url}/${status}`]);
  }
  const tokenFile = inFile('token', canaries.of('token of a file'));
  for (const status of ['200', '401', '403', '302'])
    for (const way of [['statsig'], ['segment', '--public-url', echo.url, '--source', 'web']])
      commands.push([
        ...['connect', ...way, '--settings', settings, '--token-file', tokenFile],
        ...['--api-url', `${echo.url}/${status}`, '--json'],
      ]);
  const exported = JSON.stringify(
    exportedWorkspace([exportedSource('web', [exportedDestination({ id: 'd-1', key })], { writeKey: key })]),
  );
  const rudderstack = ['connect', 'rudderstack', '--settings', settings, '--url', `${echo.url}/200`, '--json'];
  for (const file of [inFile('export.json', exported), inFile('half.json', exported.slice(0, -60)), ...files])
    commands.push([...rudderstack, '--config', file, '--plan', '--keep-keys']);
  for (const status of ['200', '401', '302'])
    commands.push([...rudderstack, '--control-plane', `${echo.url}/${status}`, '--token-file', tokenFile]);
  const inUrl = encodeURIComponent(canaries.of('password'));
  commands.push(['dead-letters', 'list', '--url', `http://user:${inUrl}@127.0.0.1:9`]);
  commands.push(['deletions', 'status', '--url', `not a URL ${inUrl}`]);
  const env = { ADMIN_TOKEN: token, STATSIG_CDP_SETTINGS_TOKEN: canaries.of('settings token'), PORT: '9' };
  await together(
    commands.filter((_, index) => index % oneOf === 0),
    async (command) => {
      const printed = await runCli(command, env, home);
      assert.notEqual(printed, '', command.join(' '));
      assertNone(canaries.search(command.join(' '), printed));
    },
  );
}
