// Starts with settings that cannot be used, with keys in them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createCanaries } from './canaries.js';
import { assertNone, startPrinting, together } from './secret-process.js';
import { temporaryDirectory } from './settings.js';

/** Tries one of so many starts, and looks for the keys in what they print. */
export async function assertRefusedStartsKeepSecrets(context: TestContext, oneOf: number): Promise<void> {
  const canaries = createCanaries();
  const home = temporaryDirectory(context);
  const key = canaries.of('key');
  const inUrl = encodeURIComponent(canaries.of('password'));
  const url = `http://user:${inUrl}@127.0.0.1:9/settings?token=${inUrl}`;
  const documents = [
    { secretKey: `${key} ${key}` },
    { secretKey: [key] },
    { secretKey: `file:missing-${home}`, consoleKey: { [key]: key } },
    { eventsUrl: `https://user:${inUrl}@statsig.example`, apiUrl: key, consoleUrl: `ftp://${key}` },
    { mode: key, maxBatchEvents: key, identifierMappings: [key, { from: key, to: key }] },
    { segment: { sharedSecrets: key, headerSecrets: { a: key }, apiKeys: [[key]], signedPart: key } },
    { trackingApi: { writeKeys: [key, 1, ''] }, rudderstack: { sourceWriteKeys: key } },
    {
      outbound: { signingSecrets: [`${key}\n${key}`], targets: [{ name: key, writeKey: [key], host: url, path: key }] },
    },
    { outbound: { targets: [{ name: 'a', writeKey: key, host: `https://user:${inUrl}@cdp.example` }] } },
    { audiences: { lists: [key] }, id: key },
    [
      { id: 'a', trackingApi: { writeKeys: [key] } },
      { id: 'b', trackingApi: { writeKeys: [key] } },
    ],
    key,
    [key],
  ].map((document) => ({ text: JSON.stringify(document) }));
  const texts = [
    `secretKey: "${key}`,
    `secretKey:${key}\nmode: events`,
    `secretKey: ${key}\n  more`,
    `{"secretKey": "${key}", `,
  ].map((text) => ({ text }));
  const environments = [
    { STATSIG_CDP_SETTINGS: url },
    { STATSIG_CDP_SETTINGS: `http://${inUrl}:${inUrl}` },
    { STATSIG_CDP_SETTINGS: 'http://127.0.0.1:9/settings', STATSIG_CDP_SETTINGS_TOKEN: `${key}\n${key}` },
    { UPSTREAM_TRANSFORMER_URL: url },
    { UPSTREAM_TRANSFORMER_URL: `http://127.0.0.1:9/?key=${inUrl}` },
    { UPSTREAM_TRANSFORMER_URL: `nothing ${key}` },
    { PORT: key, LOG_LEVEL: key },
    { LOG_LEVEL: key, ROUTER_TRANSFORM: key },
  ].map((env) => ({ env }));
  const starts = [...documents, ...texts, ...environments];
  await together(
    starts.filter((_, index) => index % oneOf === 0),
    async (start) => {
      const text = 'text' in start ? start.text : '{}';
      const env = 'env' in start ? start.env : {};
      const settings = join(home, `settings-${starts.indexOf(start)}.yaml`);
      writeFileSync(settings, text);
      const variables = { STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(home, 'outbox'), ...env };
      const plugin = startPrinting(variables, home);
      context.after(() => plugin.end('SIGKILL'));
      const place = `start with ${text} ${JSON.stringify(env)}`;
      assert.equal(await plugin.ended, 'code 1', place);
      assert.notEqual(plugin.printed(), '', place);
      assertNone(canaries.search(place, plugin.printed()));
    },
  );
}
