// A sender without a proof gets the same answer of a workspace that exists and of one that does not: on every public route, whatever is sent.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../src/base/secret.js';
import { withDecoys } from '../../src/sources/signed-with.js';
import { sampleOf } from '../../testkit/property-runs.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { MADE_UP, type TwinRequest, twinRequests } from '../../testkit/twin-requests.js';

const MAX_BODY_BYTES = 20_000;

/** One of each kind. */
const DOCUMENTS = [
  {
    id: 'acme',
    secretKey: 'secret-acme',
    consoleKey: 'console-acme',
    segment: { sharedSecrets: ['shared-acme'], headerSecrets: ['header-acme'], apiKeys: ['api-acme'] },
    trackingApi: { writeKeys: ['write-acme'] },
    outbound: { signingSecrets: ['sign-acme'], targets: [{ name: 'segment', writeKey: 'target-acme' }] },
  },
  { id: 'signed', secretKey: 'secret-signed', segment: { sharedSecrets: ['one', 'two'], signedPart: 'body' } },
  { id: 'headed', consoleKey: 'console-headed', segment: { headerSecrets: ['header-headed'] } },
  { id: 'partner', secretKey: 'secret-partner', segment: { apiKeys: ['api-partner'] } },
  { id: 'bare', secretKey: 'secret-bare', consoleKey: 'console-bare' },
  { id: 'targets', outbound: { targets: [{ name: 'segment', writeKey: 'target-targets' }] } },
  { id: 'web', trackingApi: { writeKeys: ['write-web'] } },
  { id: 'empty', excludeEvents: ['Heartbeat'] },
];

async function start(context: TestContext, environment: Readonly<Record<string, string>>): Promise<number> {
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'settings.json');
  writeFileSync(settings, JSON.stringify(DOCUMENTS));
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    ...environment,
  });
  context.after(() => plugin.stop());
  return Number(new URL(plugin.publicUrl).port);
}

/** All of an answer but the time of day and the id that was asked for. */
async function answerOf(
  agent: Agent,
  port: number,
  { method, path, headers, body }: TwinRequest,
  id: string,
): Promise<string> {
  const host = ['Host', 'cdp.example'];
  const outgoing = request({ host: '127.0.0.1', port, method, path: path(id), agent, headers: [...host, ...headers] });
  const answered = once(outgoing, 'response');
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await answered;
  if (answer === undefined) throw new Error('no answer');
  let text = '';
  for await (const chunk of answer) text += chunk;
  const head = answer.rawHeaders.filter((_, at, all) => !/^(?:date|content-length)$/i.test(all[at - (at % 2)] ?? ''));
  return `${answer.statusCode} ${head.join(' ')}\n${text}`.replaceAll(path(id).replace(/\?.*/, ''), 'PATH');
}

/** Each request goes to so many parts of the workspaces in turn: each of them gets each proof, and each body, on each path. */
const PARTS = 3;

for (const [name, environment, every] of [
  ['a port of their own', { PUBLIC_PORT: '0' }, 4],
  // The same routes: fewer of the requests show that they are.
  ['one port for all', { SINGLE_PORT: 'true' }, 16],
] as const)
  test(`no answer tells which workspaces exist, on ${name}`, async (context) => {
    const port = await start(context, environment);
    const different: string[] = [];
    let compared = 0;
    const requests = sampleOf(twinRequests(MAX_BODY_BYTES), every);
    const waiting = requests.entries();
    const compare = async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (const [index, request] of waiting) {
        const expected = await answerOf(agent, port, request, 'nobody');
        const ids = [...DOCUMENTS.map(({ id }) => id), MADE_UP[index % MADE_UP.length] ?? ''];
        for (const id of ids.filter((_, at) => (index + at) % PARTS === 0)) {
          compared += 1;
          const answer = await answerOf(agent, port, request, id);
          if (answer !== expected) different.push(`${request.what}: ${id}: ${answer}\n    but ${expected}`);
        }
      }
      agent.destroy();
    };
    await Promise.all([compare(), compare(), compare(), compare()]);
    assert.deepEqual(different.slice(0, 5), [], `${different.length} of ${compared} differ`);
    assert.ok(compared > 60, `${compared}`);
  });

test('as many secrets are tried for a workspace with one or two secrets as for one that has none', () => {
  const [one, two] = [new Secret('one'), new Secret('two')];
  for (const secrets of [undefined, [], [one], [one, two]]) assert.equal(withDecoys(secrets).length, 2);
});
