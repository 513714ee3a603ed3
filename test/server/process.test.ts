// The process: starts, says what is wrong when it cannot, and stops without losing a request.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { startPlugin } from '../../testkit/plugin-process.js';
import { sampleOf } from '../../testkit/property-runs.js';
import { element } from '../../testkit/rudderstack.js';
import { failToStart, startHere, startProcess } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const BODY = JSON.stringify([element(1)]);

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

function startRequest(url: string, agent: Agent): ClientRequest {
  const request = httpRequest(`${url}/v0/destinations/statsig`, {
    method: 'POST',
    agent,
    headers: { 'content-length': BODY.length },
  });
  request.write(BODY.slice(0, 20));
  return request;
}

test('SIGTERM lets a request on a kept-alive connection finish, then the process ends with 0', async () => {
  const server = await startProcess();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = httpRequest(`${server.url}/healthz`, { agent });
  first.end();
  await readText((await once(first, 'response'))[0]);

  const inFlight = startRequest(server.url, agent);
  await once(inFlight, 'socket');
  // The metric counts the bytes once the request's head has arrived.
  for (;;) {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    if (/statsig_cdp_bytes_in_flight [1-9]/.test(metrics)) break;
  }
  server.child.kill('SIGTERM');
  while (!server.lines.some((line) => line.includes('"stopping"')))
    await once(server.child.stdout ?? server.child, 'data');
  const meanwhile = await fetch(`${server.url}/routerTransform`, { method: 'POST', body: '{}' });
  assert.equal(meanwhile.status, 503, 'it listens on, and asks for a retry');
  assert.equal(meanwhile.headers.get('x-rudder-should-retry'), 'true');
  inFlight.end(BODY.slice(20));
  const [response] = await once(inFlight, 'response');
  assert.equal(response.statusCode, 200);
  assert.equal(JSON.parse(await readText(response))[0].statusCode, 200);
  assert.equal(await server.exitCode, 0);
  agent.destroy();
});

test('a request that never ends does not keep the process beyond the drain timeout', async () => {
  const server = await startProcess({ DRAIN_TIMEOUT_MS: '200' });
  const agent = new Agent();
  const stuck = startRequest(server.url, agent);
  stuck.on('error', () => {});
  await once(stuck, 'socket');
  assert.equal(await server.stop(), 0);
  agent.destroy();
});

test('a setting that cannot be is refused at the start, by its name', async () => {
  for (const [name, value, expected] of sampleOf(
    [
      ['MAX_BODY_BYTES', 'lots', /^MAX_BODY_BYTES must be a whole number from 1 to /],
      ['PORT', '70000', /^PORT must be a whole number from 0 to 65535/],
      ['ROUTER_TRANSFORM', 'maybe', /^ROUTER_TRANSFORM must be true or false/],
      ['UPSTREAM_TRANSFORMER_URL', 'transformer:9090', /^UPSTREAM_TRANSFORMER_URL must be an http:/],
      ['LOG_LEVEL', 'loud', /^LOG_LEVEL must be one of trace, /],
      ['STATSIG_CDP_SETTINGS', '/nowhere/settings.yaml', /\/nowhere\/settings\.yaml.*no such file/],
    ] as const,
    5,
  )) {
    const { code, errors } = await failToStart({ [name]: value });
    assert.equal(code, 1, name);
    assert.match(errors, expected);
    assert.doesNotMatch(errors, /\n\s+at /, 'a sentence, not a stack');
  }
});

test('a settings file with a mistake is refused at the start, by file, line and fix', async () => {
  const dir = mkdtempSync(`${tmpdir()}/settings-`);
  writeFileSync(
    `${dir}/acme.yaml`,
    'id: acme\nidentifierMappings:\n  - from: anonymousId\n    too: segmentAnonymousId\n',
  );
  const { code, errors } = await failToStart({ STATSIG_CDP_SETTINGS: dir });
  assert.equal(code, 1);
  assert.match(errors, /acme\.yaml:4:5 .*identifierMappings\[0\]/);
  rmSync(dir, { recursive: true });
});

test('a port that is taken is said so', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, errors } = await failToStart({ PORT: String(port), HOST: '127.0.0.1' });
  holder.close();
  assert.equal(code, 1);
  assert.match(errors, /EADDRINUSE/);
});

/** What only Express finds, and what comes to no route at all. */
const ODD_REQUESTS = [
  ['GET', '/health/'],
  ['GET', '/HEALTH'],
  ['GET', '//health'],
  ['GET', '/%68ealth'],
  ['GET', '/health?a[b]=1&a=%zz'],
  ['HEAD', '/health'],
  ['GET', '/nowhere'],
  ['PUT', '/nowhere'],
  ['OPTIONS', '/nowhere'],
  ['OPTIONS', '/v1/track'],
  ['DELETE', '/v1/track'],
  ['POST', '/v1/track/'],
  ['POST', '/v1/%74rack'],
  ['GET', '/segment/a/b/c'],
  ['GET', '/segment/%zz'],
  ['GET', '/%zz'],
] as const;

async function answerTo(url: string, method: string, path: string) {
  const { hostname, port } = new URL(url);
  const request = httpRequest({ hostname, port, method, path, agent: false });
  request.end(method === 'POST' ? '{}' : undefined);
  const [response]: IncomingMessage[] = await once(request, 'response');
  assert.ok(response);
  const { date: _, ...headers } = response.headers;
  return { method, path, status: response.statusCode, headers, text: await readText(response) };
}

test('the process, which loads less of its packages, answers what only Express finds as the modules do', async () => {
  const [bundled, here] = await Promise.all([startProcess(), startHere()]);
  for (const [method, path] of ODD_REQUESTS)
    assert.deepEqual(await answerTo(bundled.url, method, path), await answerTo(here.url, method, path));
  await Promise.all([bundled.stop(), here.stop()]);
});

test('it stops when npm is gone, whose shell passes no signal on', async (context) => {
  const folder = temporaryDirectory(context);
  // With a second command the shell stays, as that of npm does.
  const via = ['sh', '-c', '"$@"; true', 'sh'];
  const { child: shell, listening, errors } = startPlugin({ PORT: '0', npm_command: 'start' }, folder, { via });
  await listening;
  const server = Number(readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8'));
  context.after(() => {
    if (existsSync(`/proc/${server}`)) process.kill(server, 'SIGKILL');
  });
  let hasEnded = false;
  shell.once('close', () => {
    hasEnded = true;
  });
  shell.kill('SIGTERM');
  await until(() => hasEnded, 'the process ends, and with it its output');
  assert.deepEqual(errors, []);
});
