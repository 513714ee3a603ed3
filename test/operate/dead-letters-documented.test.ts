// The examples of `dead-letters` in the documents, run one after another against a process.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../../testkit/command-line.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { startHere } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

const PAGES = ['delivery', 'audiences', 'connect-statsig', 'operate'];

/** Commands in the order of the page, split as a shell splits them. */
function examplesOf(page: string): readonly (readonly string[])[] {
  const text = readFileSync(`docs/${page}.md`, 'utf8');
  const commands = [...text.matchAll(/npx statsig-cdp (dead-letters [^`\n]+)/g)].map(([, command = '']) =>
    command.trim(),
  );
  return commands.map((command) =>
    [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
  );
}

test('each example of the documents does what it says', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'dead-letters-documented-'));
  let answer = { status: 401, body: '{"error":"invalid key"}' };
  const statsig = await serveLogEvent(context, () => answer);
  const settings = join(directory, 'shop.json');
  writeFileSync(
    settings,
    JSON.stringify({
      id: 'shop',
      secretKey: 'secret-example',
      eventsUrl: statsig.url,
      trackingApi: { writeKeys: ['shop-key'] },
    }),
  );
  const paths = {
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ADMIN_TOKEN: 'open-sesame',
  };
  const plugin = await startHere(paths);
  context.after(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const headers = { authorization: 'Bearer open-sesame' };
  const letters = async () => (await fetch(`${plugin.url}/api/dead-letters`, { headers })).text();
  let sent = 0;
  async function giveUp(event: string): Promise<void> {
    answer = { status: 401, body: '{"error":"invalid key"}' };
    sent += 1;
    const body = JSON.stringify({ writeKey: 'shop-key', userId: 'user-42', event, messageId: `${event}-${sent}` });
    await fetch(`${plugin.url}/v1/track`, { method: 'POST', body });
    await until(async () => (await letters()).includes(event), `${event} is given up`);
  }
  const env = { PATH: process.env.PATH, PORT: new URL(plugin.url).port, ...paths };
  const all = PAGES.flatMap(examplesOf);
  // What is dropped leaves an open circuit behind, on which the next one would wait.
  const examples = [...all].sort((one, other) => Number(one.includes('--yes')) - Number(other.includes('--yes')));
  assert.ok(examples.length >= 8, `${examples.length} examples`);
  for (const example of examples) {
    if ((await letters()) === '') await giveUp('Order Completed');
    const [first = '{}'] = (await letters()).split('\n');
    const { key } = JSON.parse(first);
    if (example.includes('redeliver')) answer = ACCEPTED;
    // No list and no other target is in trouble here.
    const isElsewhere = example.some(
      (word) => ['segment-eu', 'NAME'].includes(word) || word.startsWith('statsig-list-'),
    );
    const ran = await runCli(
      example.map((word) => (word === 'KEY' ? key : word)),
      { env },
    ).then(
      () => ({ code: 0, stderr: '' }),
      (error: { readonly code: number; readonly stderr: string }) => error,
    );
    const asks = example.includes('drop') && !example.includes('--yes');
    assert.equal(ran.code, isElsewhere ? 3 : asks ? 1 : 0, `${example.join(' ')}: ${ran.stderr}`);
    if (example.includes('redeliver'))
      await until(async () => isElsewhere || (await letters()) === '', 'it is delivered');
  }
});
