// The scripts that need no server, as they are built, with what their runtimes have: the same requests as the server, the errors of Segment's, and the limits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { replaceGeneratedPart } from '../../scripts/generated-part.js';
import { buildFunction } from '../../scripts/library/functions-bundle.js';
import { runParity, staleExceptions } from '../../scripts/parity/run.js';
import {
  type Answer,
  type Asked,
  globalsOfRudderStack,
  globalsOfSegment,
  intoRuntime,
  LIMIT_MS,
  loadScript,
  type Runtime,
  webhookRequest,
} from '../../scripts/parity/runtime.js';
import { parityTable } from '../../scripts/parity/table.js';
import { FUNCTION_SCRIPTS, type FunctionScript, withDocument } from '../../src/functions/scripts.js';
import { readManifest } from '../../src/settings/manifest/check.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** No limit of a script's size is documented; half of what a payload may have is left in any case. */
const MAX_BYTES = 100 * 1024;

let scripts: ReadonlyMap<FunctionScript['name'], string>;

before(async () => {
  const manifest = readManifest(join(ROOT, 'manifest.json'));
  const source = join(ROOT, 'dist', 'src');
  scripts = new Map(
    await Promise.all(
      FUNCTION_SCRIPTS.map(async (script) => [script.name, await buildFunction(source, script, manifest)] as const),
    ),
  );
});

const textOf = (name: FunctionScript['name']) => scripts.get(name) ?? assert.fail(name);

const KEY = 'key-of-the-test';
const CONSOLE_KEY = 'console-key-of-the-test';
const ORDER = {
  type: 'track',
  event: 'Order Completed',
  userId: 'user-42',
  messageId: 'm-1',
  timestamp: '2026-01-02T03:04:05.000Z',
};

interface Given {
  readonly document?: object;
  readonly answer?: (asked: Asked) => Answer | Promise<Answer>;
  readonly now?: () => number;
}

function destination({ document = {}, ...rest }: Given = {}): Runtime {
  return loadScript(withDocument(textOf('destination-function'), document), { globals: globalsOfSegment(), ...rest });
}

/** Calls a handler with an event. */
function call(
  runtime: Runtime,
  name: string,
  event: unknown,
  settings: object = { statsigKey: KEY },
): Promise<unknown> {
  return runtime.call(name, intoRuntime(runtime, event), intoRuntime(runtime, settings));
}

const batch = async (runtime: Runtime, events: readonly unknown[], settings?: object) =>
  JSON.parse(JSON.stringify(await call(runtime, 'onBatch', events, settings))) as readonly {
    status: number;
    errormessage?: string;
  }[];

const statusesOf = (statuses: readonly { status: number }[]) => statuses.map(({ status }) => status);

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...ORDER, event: `Order ${index}`, messageId: `m-${index}` }));

const eventsIn = ({ body }: Asked): readonly { eventName: string }[] => JSON.parse(body).events;

describe('the scripts', () => {
  test('do as the server does with every fixture that needs no state, and the page says for how many', async () => {
    const results = await runParity(scripts);
    const failed = results.flatMap(({ script, played }) =>
      played.flatMap(({ name, differences: [first], exception }) =>
        first === undefined || exception !== undefined ? [] : [{ script, name, first }],
      ),
    );
    assert.deepEqual(failed, []);
    assert.deepEqual(staleExceptions(results), [], 'what an exception was for is gone');
    const equal = results.map(({ played }) => played.filter(({ differences }) => differences.length === 0).length);
    assert.ok(Math.min(...equal.slice(0, 4)) > 40, String(equal));
    const page = readFileSync(join(ROOT, 'docs', 'functions.md'), 'utf8');
    assert.equal(page, replaceGeneratedPart('docs/functions.md', page, parityTable(results)), 'run `npm run parity`');
  });

  test('begin with what people read, hold no key, and ask for nothing that is not documented', () => {
    for (const [name, text] of scripts) {
      assert.ok(Buffer.byteLength(text) < MAX_BYTES, `${name} has ${Buffer.byteLength(text)} bytes`);
      assert.match(text, /^\/\/ statsig-cdp \d+\.\d+\.\d+: /);
      const [found] =
        /\brequire\s*\(|^import\b|\bimport\s*\(|\bnew Function\b|\beval\b|\bprocess\.[a-z]|\bnew URL\b|\bsetTimeout\b|fn\.segmentapis/m.exec(
          text,
        ) ?? [];
      assert.equal(found, undefined, name);
    }
    const bare = createContext({ ...globalsOfSegment() });
    for (const missing of ['require', 'process', 'Buffer', 'URL', 'setTimeout', 'TextEncoder'])
      assert.equal(runInContext(`typeof ${missing}`, bare), 'undefined', missing);
  });
});

describe('the Destination Function', () => {
  test('sends the events of a batch in one request, and tells each in order', async () => {
    const runtime = destination({ document: { excludeEvents: ['Order 1'] } });
    const events = [
      ...names(3),
      { type: 'track', userId: 'user-42' },
      { type: 'alias', userId: 'a' },
      { type: 'identify', userId: 'a' },
      null,
    ];
    const statuses = await batch(runtime, events);
    assert.deepEqual(statusesOf(statuses), [200, 200, 200, 400, 400, 200, 400]);
    assert.match(statuses[3]?.errormessage ?? '', /^EVENT_NAME_MISSING: /);
    const [asked, ...others] = runtime.asked;
    assert.equal(others.length, 0);
    assert.deepEqual(asked && eventsIn(asked).map(({ eventName }) => eventName), [
      'segment::Order 0',
      'segment::Order 2',
    ]);
    assert.equal(asked?.headers['STATSIG-API-KEY'], KEY);
  });

  test('throws the class of Segment that says what the matter is', async () => {
    const thrown = async (answer: Answer | undefined, event: object, settings?: object) => {
      const runtime = destination(answer === undefined ? {} : { answer: () => answer });
      const handler = `on${String(Reflect.get(event, 'type')).replace(/^./, (letter) => letter.toUpperCase())}`;
      const error = await call(runtime, handler, event, settings).then(
        () => assert.fail('nothing was thrown'),
        (reason: Error) => reason,
      );
      const isOne = runtime.evaluate(`(error) => error instanceof ${error.name}`) as (thrown: Error) => boolean;
      assert.ok(isOne(error), error.name);
      assert.doesNotMatch(error.message, new RegExp(KEY), 'the key is not shown');
      return error.name;
    };
    const unanswered: Answer = { fails: 'ECONNREFUSED' };
    for (const status of [408, 429, 500, 503, 302, 401, 403, 404])
      assert.equal(await thrown({ status, body: KEY }, ORDER), 'RetryError', String(status));
    for (const status of [400, 413, 422])
      assert.equal(await thrown({ status, body: KEY }, ORDER), 'ValidationError', String(status));
    assert.equal(await thrown({ status: 200, body: { success: false } }, ORDER), 'RetryError');
    assert.equal(
      await thrown({ status: 200, body: { greeting: 'hello' } }, ORDER),
      'ValidationError',
      'neither yes nor no',
    );
    assert.equal(await thrown(unanswered, ORDER), 'RetryError');
    assert.equal(await thrown({ fails: 'request-timeout' }, ORDER), 'RetryError');
    assert.equal(await thrown(undefined, { type: 'track', userId: 'user-42' }), 'InvalidEventPayload');
    assert.equal(await thrown(undefined, { type: 'alias', userId: 'user-42' }), 'EventNotSupported');
    assert.equal(await thrown(undefined, ORDER, {}), 'RetryError', 'without a key');
    const unusable = [
      { settings: '[]' },
      { settings: '{"valueFrom":1}' },
      { settings: { valueFrom: [] } },
      { statsigKey: `${KEY}\u200b` },
      { statsigKey: 7 },
      { whenUnclear: 'dorp' },
      { whenUnclear: true },
    ];
    for (const settings of unusable)
      assert.equal(
        await thrown(undefined, ORDER, { statsigKey: KEY, ...settings }),
        'RetryError',
        `can be corrected: ${JSON.stringify(settings)}`,
      );
    await call(destination(), 'onIdentify', { type: 'identify', userId: 'user-42' });
    const keyless = destination();
    assert.deepEqual(statusesOf(await batch(keyless, [ORDER], { consoleKey: CONSOLE_KEY })), [500]);
    assert.deepEqual(keyless.asked, [], 'without its key nothing is asked');
  });

  test('does not send again what may have been taken, where the settings say so', async () => {
    const drop = { statsigKey: KEY, whenUnclear: 'drop' };
    const statusFor = async (answer: Answer) =>
      statusesOf(await batch(destination({ answer: () => answer }), [ORDER], drop))[0];
    assert.equal(await statusFor({ fails: 'request-timeout' }), 400);
    assert.equal(await statusFor({ fails: 'ECONNRESET' }), 400);
    assert.equal(await statusFor({ status: 202, breaks: 'body-timeout' }), 400);
    assert.equal(await statusFor({ fails: 'ECONNREFUSED' }), 500, 'no connection was made');
    assert.equal(await statusFor({ status: 503 }), 500, 'Statsig says that it has not');
    assert.equal(await statusFor({ status: 200, body: { success: false } }), 500, 'it says so in a 2xx');
    drop.whenUnclear = ' Drop';
    assert.equal(await statusFor({ fails: 'ECONNRESET' }), 400);
  });

  test('ends before Segment ends it, also where no answer comes', async () => {
    let clock = Date.parse('2026-01-02T03:04:05.000Z');
    const begun = clock;
    const answer = async ({ timeout }: Asked): Promise<Answer> => {
      clock += timeout;
      return { fails: 'request-timeout' };
    };
    const document = { maxBatchEvents: 1 };
    const runtime = destination({ document, now: () => clock, answer });
    assert.deepEqual(new Set(statusesOf(await batch(runtime, names(5)))), new Set([500]));
    assert.ok(
      runtime.asked.every(({ timeout }) => timeout > 0 && timeout < LIMIT_MS),
      'each request is given up in time',
    );
    clock = begun;
    const late = destination({
      now: () => clock,
      answer() {
        clock += 3_500;
        const reads = (timeout: number) => {
          clock += timeout;
        };
        return { status: 202, breaks: 'body-timeout', reads };
      },
    });
    assert.deepEqual(statusesOf(await batch(late, [ORDER])), [500]);
    assert.ok(clock - begun < LIMIT_MS, 'an answer that begins late and does not end');
    const lists = destination({ now: () => clock, answer });
    const audience = (id: string) => ({
      type: 'identify',
      userId: 'user-1',
      traits: { [id]: true },
      context: { personas: { computation_class: 'audience', computation_id: id, computation_key: id } },
    });
    clock = begun;
    await batch(lists, [audience('one_list')], { statsigKey: KEY, consoleKey: CONSOLE_KEY });
    assert.ok(clock - begun < LIMIT_MS, 'all requests of one invocation, one after the other');
    assert.equal(lists.asked.length, 1, 'none is begun when the time is over');
  });

  test('takes the answer of a fetch whose objects take no changes', async () => {
    const runtime = destination();
    runtime.evaluate('{ const own = fetch; fetch = async (...asked) => Object.freeze(await own(...asked)); }');
    assert.deepEqual(statusesOf(await batch(runtime, [ORDER])), [200]);
  });

  test('halves what is too large, and finds the event that is to blame', async () => {
    const tooMany = (asked: Asked): Answer =>
      eventsIn(asked).length > 2 ? { status: 413 } : { status: 202, body: { success: true } };
    const halved = destination({ answer: tooMany });
    assert.deepEqual(new Set(statusesOf(await batch(halved, names(6)))), new Set([200]));
    assert.equal(
      new Set(
        halved.asked
          .filter((each) => eventsIn(each).length <= 2)
          .flatMap(eventsIn)
          .map(({ eventName }) => eventName),
      ).size,
      6,
    );

    const blaming = destination({
      answer: (asked) =>
        asked.body.includes('Order 2"') ? { status: 400, body: 'bad' } : { status: 202, body: { success: true } },
    });
    assert.deepEqual(statusesOf(await batch(blaming, names(4))), [200, 200, 400, 200]);
  });

  test('tells each request of a batch by itself', async () => {
    const answer = (asked: Asked): Answer =>
      asked.body.includes('Order 0') ? { status: 503 } : { status: 202, body: { success: true } };
    const runtime = destination({ document: { maxBatchEvents: 2 }, answer });
    assert.deepEqual(statusesOf(await batch(runtime, names(4))), [500, 500, 200, 200]);
    const refused = destination({ answer: () => ({ status: 401, body: { error: `invalid ${KEY}` } }) });
    const [first] = await batch(refused, names(2));
    assert.equal(first?.status, 500);
    assert.doesNotMatch(first?.errormessage ?? KEY, new RegExp(KEY));
  });

  test('takes hostile and huge events for what they are', async () => {
    const runtime = destination();
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index]));
    let deep: object = {};
    for (let depth = 0; depth < 3_000; depth += 1) deep = { deep };
    const events = [
      { ...ORDER, properties: wide },
      { ...ORDER, event: 'half \ud800 a pair', userId: '\udc00' },
      JSON.parse(
        '{"type":"track","event":"Proto","userId":"user-42","properties":{"__proto__":{"polluted":true},"constructor":1}}',
      ),
      { ...ORDER, userId: 'x'.repeat(5_000) },
      { type: '__proto__', userId: 'user-42' },
      { type: 'track', event: 'Big', userId: 'user-42', properties: { text: 'x'.repeat(1_000_000) } },
    ];
    const statuses = await batch(runtime, events);
    assert.deepEqual(statusesOf(statuses), [200, 200, 200, 400, 400, 200]);
    assert.equal(runtime.evaluate('({}).polluted'), undefined);
    assert.ok(
      runtime.asked.every(({ body }) => Buffer.byteLength(body) < 64 * 1024),
      'metadata is cut as the settings say',
    );
    await batch(destination(), [{ ...ORDER, properties: deep }]);
  });

  test('keeps the settings of its instances apart', async () => {
    const runtime = destination();
    await batch(runtime, [ORDER], { statsigKey: 'key-one', settings: '{"eventNamePrefix":"one::"}' });
    await batch(runtime, [ORDER], { statsigKey: 'key-two' });
    await batch(runtime, [ORDER], { statsigKey: 'key-one', settings: '{"eventNamePrefix":"one::"}' });
    assert.deepEqual(
      runtime.asked.map((asked) => [asked.headers['STATSIG-API-KEY'], eventsIn(asked)[0]?.eventName]),
      [
        ['key-one', 'one::Order Completed'],
        ['key-two', 'segment::Order Completed'],
        ['key-one', 'one::Order Completed'],
      ],
    );
  });

  test('takes no list of one project for that of another, and looks again at one that did not fit', async () => {
    const types = new Map([
      ['console-key-one', 'stableID'],
      ['console-key-two', 'userID'],
    ]);
    const runtime = destination({
      answer: ({ method, headers }) => {
        const idType = types.get(headers['STATSIG-API-KEY'] ?? '');
        return {
          status: 200,
          body: method === 'GET' ? { data: { id: 'vip', type: 'id_list', idType } } : { message: 'ok' },
        };
      },
    });
    const personas = { computation_class: 'audience', computation_id: 'a', computation_key: 'vip' };
    const change = { type: 'identify', userId: 'user-1', traits: { vip: true }, context: { personas } };
    const statusOf = async (consoleKey: string) => statusesOf(await batch(runtime, [change], { consoleKey }))[0];
    assert.equal(await statusOf('console-key-one'), 500, 'of another type');
    assert.equal(await statusOf('console-key-two'), 200, 'in the other project it fits');
    types.set('console-key-one', 'userID');
    assert.equal(await statusOf('console-key-one'), 200, 'it was corrected');
  });
});

describe('the Source Function', () => {
  const EXPOSURE = {
    eventName: 'statsig::gate_exposure',
    userID: 'user-42',
    timestamp: 1767323045000,
    metadata: { gate: 'new_checkout', gateValue: 'true' },
    timeUUID: 'uuid-1',
  };
  const load = (document: object = {}) =>
    loadScript(withDocument(textOf('source-function'), document), { globals: globalsOfSegment() });
  const post = (
    runtime: Runtime,
    body: unknown,
    how: Parameters<typeof webhookRequest>[2] = { query: { secret: 'shown' } },
    settings: object = { secret: 'shown' },
  ) => runtime.call('onRequest', webhookRequest(runtime, body, how), intoRuntime(runtime, settings));

  test('takes both forms of bodies, with the secret in the address or a header', async () => {
    const runtime = load();
    await post(runtime, [EXPOSURE]);
    await post(
      runtime,
      { data: [{ ...EXPOSURE, timeUUID: 'uuid-2' }] },
      { headers: { Authorization: 'Bearer shown' } },
    );
    assert.deepEqual(
      runtime.tracked.map((each) => (each as { messageId: string }).messageId),
      ['uuid-1:default:segment', 'uuid-2:default:segment'],
    );
  });

  test('takes nothing of who does not show the secret, and nothing where none was entered', async () => {
    const runtime = load();
    const refused = { name: 'ValidationError' };
    await assert.rejects(post(runtime, [EXPOSURE], {}), refused);
    await assert.rejects(post(runtime, [EXPOSURE], { query: { secret: 'another' } }), refused);
    await assert.rejects(post(runtime, [EXPOSURE], { query: { secret: '' } }, { secret: '' }), { name: 'RetryError' });
    assert.deepEqual(runtime.tracked, []);
  });

  test('lets the handshake pass, sends no event for it, and sends the good events beside bad ones', async () => {
    const runtime = load();
    await post(runtime, { data: { event: 'url_verification', verification_code: 'code' } }, {});
    assert.deepEqual(runtime.tracked, []);
    const huge = { ...EXPOSURE, eventName: 'Huge', value: 'x'.repeat(40_000) };
    await post(runtime, [huge, EXPOSURE, { eventName: 7 }]);
    assert.equal(runtime.tracked.length, 1);
    assert.ok(runtime.tracked.every((each) => JSON.stringify(each).length < 32 * 1024));
    assert.match(runtime.written.join(), /^EVENT_TOO_LARGE: .*and 1 more/);
    await assert.rejects(post(runtime, [huge]), { name: 'InvalidEventPayload' });
    await post(runtime, [{ ...EXPOSURE, eventName: 'statsig::diagnostics' }]);
    assert.equal(runtime.tracked.length, 1, 'what is filtered is no error');
  });
});

describe('the transformation', () => {
  const load = (document: object = {}) =>
    loadScript(withDocument(textOf('transformation'), document), { globals: globalsOfRudderStack() });
  const transform = (runtime: Runtime, event: unknown) => runtime.call('transformEvent', intoRuntime(runtime, event));

  test('makes of an event what the Webhook destination posts to Statsig', async () => {
    const posted = JSON.parse(JSON.stringify(await transform(load({ eventNamePrefix: 'shop::' }), ORDER)));
    assert.equal(posted.type, 'track', 'rudder-server passes on no event without one');
    assert.deepEqual(posted.events, [
      { eventName: 'shop::Order Completed', user: { userID: 'user-42' }, time: 1767323045000 },
    ]);
    assert.equal(posted.statsigMetadata.sdkType, 'statsig-cdp');
  });

  test('leaves out what is filtered, and throws for what cannot be sent', async () => {
    const runtime = load({ excludeEvents: ['Order *'] });
    assert.equal(await transform(runtime, ORDER), null);
    await assert.rejects(async () => transform(runtime, { type: 'track', userId: 'user-42' }), /EVENT_NAME_MISSING/);
  });
});
