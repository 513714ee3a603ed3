// No secret that passes the recorder reaches its files, its messages or a file that it gave up: in headers, queries, bodies of any form, and answers.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { startRecorder } from '../../src/record/recorder.js';
import { createCanaries } from '../../testkit/canaries.js';
import { send, serve } from '../../testkit/loopback.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const canaries = createCanaries();
const secret = (purpose: string): string => canaries.of(purpose);
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const basic = (user: string, password = ''): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** One request, and where its canary is. */
interface Case {
  readonly purpose: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
  /** What the program behind answers. */
  readonly answer?: { readonly headers?: readonly string[]; readonly body: Buffer };
}

const JSON_TYPE = ['Content-Type', 'application/json'];
const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];

/** In a place that says by its name that it is a secret: it is replaced, and the fixture is written. */
const NAMED: readonly Case[] = [
  { purpose: 'bearer header', headers: ['Authorization', `Bearer ${encodeURIComponent(secret('bearer header'))}`] },
  { purpose: 'basic user', headers: ['Authorization', basic(secret('basic user'))] },
  { purpose: 'basic password', headers: ['Authorization', basic('somebody', secret('basic password'))] },
  { purpose: 'api key header', headers: ['X-API-Key', encodeURIComponent(secret('api key header'))] },
  { purpose: 'statsig key header', headers: ['STATSIG-API-KEY', encodeURIComponent(secret('statsig key header'))] },
  { purpose: 'cookie', headers: ['Cookie', `session=${encodeURIComponent(secret('cookie'))}`] },
  { purpose: 'query', path: `/v1/webhook?writeKey=${encodeURIComponent(secret('query'))}&x=1` },
  { purpose: 'body', body: json({ writeKey: secret('body'), event: 'A' }) },
  { purpose: 'nested body', body: json({ batch: [{ context: { auth: { accessToken: secret('nested body') } } }] }) },
  { purpose: 'gzip', headers: ['Content-Encoding', 'gzip'], body: gzipSync(json({ password: secret('gzip') })) },
  {
    purpose: 'brotli',
    headers: ['Content-Encoding', 'br'],
    body: brotliCompressSync(json({ password: secret('brotli') })),
  },
  {
    purpose: 'json in a string',
    body: json({ request: { body: JSON.stringify({ secretKey: secret('json in a string') }) } }),
  },
  {
    purpose: 'base64 of json',
    body: json({ data: Buffer.from(JSON.stringify({ writeKey: secret('base64 of json') })).toString('base64') }),
  },
  { purpose: 'form', headers: FORM, body: Buffer.from(`a=b&password=${encodeURIComponent(secret('form'))}`) },
  {
    purpose: 'json that is not plain',
    body: Buffer.from(`{"n": 1.0, "apiKey" : ${JSON.stringify(secret('json that is not plain'))}}`),
  },
  {
    purpose: 'json that breaks off',
    body: Buffer.from(`{"writeKey":${JSON.stringify(secret('json that breaks off'))},"batch":[`),
  },
  { purpose: 'answer', answer: { headers: JSON_TYPE, body: json({ token: secret('answer') }) } },
  {
    purpose: 'set-cookie',
    answer: { headers: ['Set-Cookie', `s=${encodeURIComponent(secret('set-cookie'))}`], body: json({}) },
  },
  {
    purpose: 'repeated in the answer',
    headers: ['Authorization', basic(secret('repeated in the answer'))],
    answer: { headers: JSON_TYPE, body: json({ message: `unknown key ${secret('repeated in the answer')}!` }) },
  },
  { purpose: 'below a name', body: json({ credentials: { user: { x: [secret('below a name')] } } }) },
  { purpose: 'number below a name', body: json({ secret: { pins: [47114711] } }) },
  ...['pwd', 'smtp_pwd', 'otp', 'loginPin', 'jwt', 'sig', 'auth', 'hmac', 'passcode'].map((name) => ({
    purpose: `field ${name}`,
    body: json({ properties: { [name]: secret(`field ${name}`) } }),
  })),
  { purpose: 'short word in a query', path: `/v1/t?auth=${encodeURIComponent(secret('short word in a query'))}` },
  {
    purpose: 'json in json in a string',
    body: json({ blob: JSON.stringify(JSON.stringify({ token: secret('json in json in a string') })) }),
  },
  {
    purpose: 'encoded json',
    body: json({ blob: encodeURIComponent(JSON.stringify({ token: secret('encoded json') })) }),
  },
  {
    purpose: 'parts',
    headers: ['Content-Type', 'multipart/form-data; boundary=x'],
    body: Buffer.from(
      `--x\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n${secret('parts')}\r\n--x--\r\n`,
    ),
  },
  { purpose: 'elements', body: Buffer.from(`<a><Password>${secret('elements').replace(/[<&]/g, '')}</Password></a>`) },
  { purpose: 'scrubbed field', body: json({ traits: { note: secret('scrubbed field') } }) },
];

const random = (purpose: string): string => {
  const key = Buffer.from(secret(purpose)).toString('base64url').split('').reverse().join('');
  canaries.add(`${purpose}, drawn`, key);
  return key;
};

/** In a place that no one can know: nothing is written. */
const HIDDEN: readonly Case[] = [
  { purpose: 'free text', body: json({ message: `use ${random('free text')} please` }) },
  { purpose: 'name of a field', body: json({ [random('name of a field')]: 1 }) },
  { purpose: 'path', path: `/v1/hooks/${random('path')}` },
  { purpose: 'header of no name', headers: ['X-Thing', random('header of no name')] },
  { purpose: 'list', body: json({ a: [[random('list')]] }) },
  { purpose: 'plain text', body: Buffer.from(`hello ${random('plain text')}`) },
  { purpose: 'answer text', answer: { body: Buffer.from(`your code: ${random('answer text')}`) } },
];

/** Known from one place, and written another way in a second one. */
const ELSEWHERE: readonly Case[] = [
  {
    purpose: 'base64 in a text',
    headers: ['Authorization', basic(secret('base64 in a text'))],
    body: json({ url: `data:text/plain;base64,${Buffer.from(`x=${secret('base64 in a text')}`).toString('base64')}` }),
  },
  {
    purpose: 'short, within a word',
    headers: ['Authorization', basic('shop-4711-key')],
    body: json({ file: 'my_shop-4711-key_backup' }),
  },
  {
    purpose: 'hexadecimal elsewhere',
    body: json({
      password: secret('hexadecimal elsewhere'),
      z: Buffer.from(secret('hexadecimal elsewhere')).toString('hex'),
    }),
  },
];

/** What cannot be read is not kept. */
const UNREADABLE: readonly Case[] = [
  { purpose: 'no text', body: Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(secret('no text'))]) },
  { purpose: 'other encoding', headers: ['Content-Encoding', 'zstd'], body: Buffer.from(secret('other encoding')) },
  { purpose: 'broken gzip', headers: ['Content-Encoding', 'gzip'], body: Buffer.from(secret('broken gzip')) },
];

async function record(context: TestContext, cases: readonly Case[]) {
  let answer: Case['answer'];
  const server = await serve(async (request, response) => {
    await text(request);
    response.writeHead(200, [...(answer?.headers ?? [])]).end(answer?.body ?? '{}');
  });
  context.after(server.close);
  const directory = join(temporaryDirectory(context), 'recorded');
  const said: string[] = [];
  const recorder = await startRecorder({
    ...{ to: server.url, port: 0, receivers: [], directory, client: 'client', limit: 100, quietMs: 0 },
    ...{ fields: ['note'], settings: [], environment: {}, now: Date.now, say: (line: string) => void said.push(line) },
  });
  for (const { path = '/v1/batch', headers = [], body = Buffer.alloc(0), answer: given } of cases) {
    answer = given;
    const length = ['Content-Length', String(body.length)];
    await text(await send(Number(new URL(recorder.url).port), 'POST', path, [...headers, ...length], body));
  }
  const summary = await recorder.close();
  const files = readdirSync(directory).map((name) => join(directory, name));
  for (const file of files) said.push(file, readFileSync(file, 'utf8'));
  return { summary, files, said };
}

function assertClean(said: readonly string[]): void {
  for (const line of said) assert.deepEqual(canaries.search('what was written or said', line), []);
}

test('secrets in places that name them are replaced', async (context) => {
  const { summary, said, files } = await record(context, NAMED);
  assertClean(said);
  // Equal ones are written once: those of which only a dropped header differed.
  assert.equal(summary.written.length + summary.equal, NAMED.length, said.join('\n'));
  assert.equal(summary.refused, 0);
  for (const file of files) assert.equal(statSync(file).mode & 0o111, 0, 'no one can run it');
});

test('what still looks like a secret is not written, and the message names the place and not the secret', async (context) => {
  const { summary, files, said } = await record(context, [...HIDDEN, ...ELSEWHERE]);
  assertClean(said);
  assert.deepEqual([summary.refused, files], [HIDDEN.length + ELSEWHERE.length, []], said.join('\n'));
  assert.match(said.join('\n'), /exchanges\[0\]\.request\.body\.message looks like .*\n?.*--scrub message/);
});

test('what cannot be read is passed on and not kept', async (context) => {
  const { summary, files, said } = await record(context, UNREADABLE);
  assertClean(said);
  assert.deepEqual([summary.unreadable, files], [UNREADABLE.length, []]);
});
