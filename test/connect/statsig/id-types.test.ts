// Connecting Statsig finds the ID types that the settings name and the project does not have, and makes them when it is told to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectError } from '../../../src/connect/connection.js';
import { findNamesInEvents } from '../../../src/connect/statsig/names-in-events.js';
import { connectRig, lineOf } from '../../../testkit/connect-statsig.js';
import type { ConsoleFault } from '../../../testkit/console-stand-in.js';

/** Each place that can name an ID type, one of them with a slip. */
const NAMES = {
  identifierMappings: [
    { from: 'anonymousId', to: 'segmentAnonymousId' },
    { from: 'groupId', to: 'companyId' },
    { from: 'userId', to: 'userID' },
  ],
  audiences: { units: [{ from: 'traits.account', idType: 'accountID' }] },
  outbound: { identifierMappings: [{ from: 'deviceID', to: 'anonymousId' }] },
};

const MADE = 'POST /console/v1/unit_id_types';

test('the plan names each missing ID type with where it is named, guesses slips, and changes nothing', async (context) => {
  const { connect, made, statsig } = await connectRig(context, NAMES, { idTypes: ['companyID', 'deviceID'] });
  const steps = await connect({ namesInEvents: ['sessionID', 'companyID'] }).plan();
  assert.deepEqual(
    steps.map((step) => lineOf(step)),
    [
      'there id-types',
      'to-do id-type:segmentAnonymousId',
      'to-do id-type:companyId',
      'to-do id-type:accountID',
      'to-do id-type:sessionID',
    ],
  );
  const [types, anonymous, slip, account, session] = steps;
  assert.match(types?.title ?? '', /userID, stableID, companyID, deviceID$/);
  assert.match(types?.note ?? '', /name userID, deviceID, companyID of them/);
  assert.match(anonymous?.note ?? '', /identifierMappings\[0\]\.to.*no units/);
  assert.equal(slip?.title, 'The project has no ID type companyId: is companyID meant?');
  assert.deepEqual(slip?.byHand?.[0], { text: 'Write it at identifierMappings[1].to:', paste: 'companyID' });
  assert.match(account?.note ?? '', /audiences\.units\[0\]\.idType/);
  assert.match(session?.note ?? '', /`statsigCustomIDs` of events/);
  assert.deepEqual(made(), []);
  assert.ok(statsig.calls.length > 0);
});

test('--create makes what is missing but no slip, once: run again it changes nothing', async (context) => {
  const { apply, connect, made, statsig } = await connectRig(context, NAMES, { idTypes: ['companyID', 'deviceID'] });
  const planned = (await connect({ create: 'missing' }).plan()).flatMap(({ call, state }) =>
    state === 'to-do' && call ? [call] : [],
  );
  assert.deepEqual(
    planned.map(({ body }) => body),
    [
      { name: 'segmentAnonymousId', description: 'Made by statsig-cdp connect for the workspace shop.' },
      { name: 'accountID', description: 'Made by statsig-cdp connect for the workspace shop.' },
    ],
  );
  assert.deepEqual(made(), []);
  const reports = await apply({ create: 'missing' });
  assert.deepEqual(
    reports.map(({ step, result }) => lineOf(step, result)),
    ['there id-types', 'done id-type:segmentAnonymousId', 'by-hand id-type:companyId', 'done id-type:accountID'],
  );
  assert.deepEqual([...statsig.idTypes.keys()], ['companyID', 'deviceID', 'segmentAnonymousId', 'accountID']);
  assert.deepEqual(made(), [MADE, MADE]);
  assert.deepEqual(
    (await apply({ create: 'missing' })).map(({ step, result }) => lineOf(step, result)),
    ['there id-types', 'by-hand id-type:companyId'],
  );
  assert.deepEqual(made(), [MADE, MADE]);
  await apply({ create: ['companyId'] });
  assert.ok(statsig.idTypes.has('companyId'), 'what looks like a slip is made where it is named');
});

test('all pages of ID types are read', async (context) => {
  const idTypes = Array.from({ length: 250 }, (_, at) => `unit${at}ID`);
  const document = { identifierMappings: [{ from: 'properties.unit', to: 'unit249ID' }] };
  const { connect, statsig } = await connectRig(context, document, { idTypes });
  assert.deepEqual(
    (await connect().plan()).map((step) => lineOf(step)),
    ['there id-types'],
  );
  assert.deepEqual(
    statsig.calls.map(({ path }) => path),
    [1, 2, 3].map((page) => `/console/v1/unit_id_types?limit=100&page=${page}`),
  );
});

/** One missing type, and a Console API with which something is wrong. */
async function withFaults(context: Parameters<typeof connectRig>[0], faults: (ConsoleFault | undefined)[]) {
  const one = { identifierMappings: [{ from: 'groupId', to: 'companyID' }] };
  return connectRig(context, one, { faultOf: () => faults.shift() });
}

test('an answer that is lost makes no second ID type, and one that failed is asked for again', async (context) => {
  const lost = await withFaults(context, [undefined, 'reset after']);
  assert.deepEqual(
    (await lost.apply({ create: 'missing' })).map(({ result }) => result),
    ['there', 'done'],
  );
  assert.deepEqual(lost.made(), [MADE]);
  const failed = await withFaults(context, [undefined, { status: 503 }]);
  await failed.apply({ create: 'missing' });
  assert.deepEqual(failed.made(), [MADE, MADE]);
  assert.deepEqual([...failed.statsig.idTypes.keys()], ['companyID']);
  const raced = await withFaults(context, [undefined]);
  const connection = raced.connect({ create: 'missing' });
  const steps = await connection.plan();
  raced.statsig.idTypes.set('companyID', 'by somebody else');
  assert.equal(steps.at(-1)?.state, 'to-do');
  await raced.apply({ create: 'missing' });
  assert.deepEqual(raced.made(), []);
});

test('an ID type that somebody makes between the plan and the call is as good', async (context) => {
  const rig: Awaited<ReturnType<typeof connectRig>> = await connectRig(
    context,
    { identifierMappings: [{ from: 'groupId', to: 'companyID' }] },
    {
      faultOf({ method }) {
        if (method === 'POST') rig.statsig.idTypes.set('companyID', 'by somebody else');
        return undefined;
      },
    },
  );
  assert.deepEqual(
    (await rig.apply({ create: 'missing' })).map(({ result }) => result),
    ['there', 'done'],
  );
  assert.equal(rig.statsig.idTypes.get('companyID'), 'by somebody else');
});

test('it waits as long as Statsig asks, and leaves a long wait to a person', async (context) => {
  const short = await withFaults(context, [{ status: 429, headers: { 'retry-after': '7' } }]);
  await short.connect().plan();
  assert.deepEqual(short.pauses, [7_000]);
  const long = await withFaults(context, [{ status: 429, headers: { 'retry-after': '900' } }]);
  await assert.rejects(long.connect().plan(), { code: 'rate-limited', message: /no request for 900 seconds/ });
  assert.deepEqual(long.pauses, []);
});

test('a key that is wrong is told as what it is, and is in no message', async (context) => {
  const refusing = async (parts: { key?: string }, faults: (ConsoleFault | undefined)[] = []) => {
    const rig = await withFaults(context, faults);
    let error: unknown;
    try {
      await rig.connect(parts).plan();
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof ConnectError, String(error));
    assert.doesNotMatch(error.message, /-of-somebody|console-example/);
    return { ...error, message: error.message, calls: rig.statsig.calls.length };
  };
  const unknown = await refusing({ key: 'console-of-somebody' });
  assert.deepEqual([unknown.code, unknown.calls], ['token-refused', 1]);
  for (const key of ['secret-of-somebody', 'client-of-somebody']) {
    const other = await refusing({ key });
    assert.deepEqual([other.code, other.calls], ['token-refused', 0], 'a key of another kind is sent to no one');
    assert.match(other.message, /not a Console key/);
  }
  const said = JSON.stringify({ status: 403, message: 'Key console-example may not do this' });
  const forbidden = await refusing({}, [{ status: 403, body: said }]);
  assert.equal(forbidden.code, 'right-missing');
  assert.match(forbidden.message, /Statsig says: Key \[redacted\] may not do this/);
});

test('what senders name is made only where a person names it, and comes into no command line that a shell might run', async (context) => {
  const hostile = ['$(reboot)', 'a; reboot', '__proto__', '-rf', 'sessionID'];
  const { apply, connect, made, statsig } = await connectRig(context, { id: 'shop' });
  const steps = await connect({ namesInEvents: hostile, create: 'missing' }).plan();
  assert.deepEqual(
    steps.slice(1).map((step) => [step.id, step.kind, step.byHand?.[1]?.text]),
    [
      ['id-type:$(reboot)', 'by-hand', undefined],
      ['id-type:a; reboot', 'by-hand', undefined],
      ['id-type:__proto__', 'by-hand', 'Or run this again with --create __proto__'],
      ['id-type:-rf', 'by-hand', undefined],
      ['id-type:sessionID', 'by-hand', 'Or run this again with --create sessionID'],
    ],
  );
  await apply({ namesInEvents: hostile, create: 'missing' });
  assert.deepEqual(made(), []);
  await apply({ namesInEvents: hostile, create: ['sessionID'] });
  assert.deepEqual([...statsig.idTypes.keys()], ['sessionID']);
  const flood = Array.from({ length: 1_000 }, (_, at) => ({
    properties: { statsigCustomIDs: [`n${at}`, 'v', 'x'.repeat(101), 'v'] },
  }));
  assert.equal(findNamesInEvents(flood).length, 20);
});

test('broken off at any call it goes on where it was, and makes nothing twice', async (context) => {
  const document = {
    identifierMappings: [
      { from: 'groupId', to: 'companyID' },
      { from: 'properties.team', to: 'teamID' },
    ],
    audiences: { lists: [{ key: 'vip', id: 'vip_list' }] },
  };
  const whole = await connectRig(context, document);
  await whole.apply({ create: 'missing' });
  const calls = whole.statsig.calls.length;
  assert.equal(calls, 4);
  for (let at = 0; at < calls; at += 1) {
    let count = 0;
    const rig = await connectRig(context, document, {
      faultOf() {
        count += 1;
        return count === at + 1 ? { status: 403, body: '{}' } : undefined;
      },
    });
    await assert.rejects(rig.apply({ create: 'missing' }), { code: 'right-missing' });
    await rig.apply({ create: 'missing' });
    assert.deepEqual([...rig.statsig.idTypes.keys()], ['companyID', 'teamID'], `broken off at ${at}`);
    assert.equal(rig.statsig.calls.filter(({ method, took }) => method === 'POST' && took).length, 2);
  }
});

test('what does not answer as the Console API does is told as such', async (context) => {
  const answers: ConsoleFault[] = [
    { status: 200, body: '<html>' },
    { status: 200, body: '{"data":7}' },
    { status: 302, body: '' },
    { status: 200, body: '{"data":[{"name":"a"}],"pagination":{"nextPage":7}}' },
    { status: 200, body: '{"data":[null,7,{"name":7}]}' },
  ];
  const outcomes = [];
  for (const answer of answers) {
    const rig = await withFaults(context, [answer]);
    outcomes.push(
      await rig
        .connect()
        .plan()
        .then(
          (steps) => steps.length,
          (error) => error.code,
        ),
    );
  }
  assert.deepEqual(outcomes, ['answer-unclear', 'answer-unclear', 'answer-unclear', 2, 2]);
});

test('names of ID types are read in events as the conversion reads them', () => {
  const events = [
    { properties: { statsigCustomIDs: ['companyID', 'c-1', 'teamID', 't-1'] } },
    { traits: { statsigCustomIDs: { companyID: 'c-2' } } },
    { properties: { statsigCustomIDs: '["projectID","p-1"]' } },
    { properties: { statsigCustomIDs: 7 } },
    null,
  ];
  assert.deepEqual(findNamesInEvents(events), ['companyID', 'teamID', 'projectID']);
});
