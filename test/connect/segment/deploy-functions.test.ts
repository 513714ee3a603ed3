// Functions of Segment are made, changed and deployed where that is needed, and only ours.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { deployFunctions } from '../../../src/connect/segment/deploy-functions.js';
import { createPublicApi } from '../../../src/connect/segment/public-api.js';
import type { StepReport } from '../../../src/connect/step.js';
import { FUNCTION_SCRIPTS } from '../../../src/functions/scripts.js';
import { PUBLIC_API_TOKEN, startSegment, type Trouble, tooMany } from '../../../testkit/segment-public-api/stand-in.js';

async function rig(context: TestContext, token = PUBLIC_API_TOKEN) {
  const segment = await startSegment(context);
  const api = createPublicApi({ token: new Secret(token), apiUrl: segment.url, pause: async () => {} });
  const connectionFor = (code: string) =>
    deployFunctions({
      api,
      displayName: 'statsig-cdp shop',
      functions: FUNCTION_SCRIPTS.map((script) => ({ script, code })),
    });
  /** @returns the calls that change something, and the steps that a person has to do */
  const apply = async (code: string) => {
    const before = segment.changes().length;
    const reports: StepReport[] = [];
    await connectionFor(code).apply((report) => void reports.push(report));
    const calls = segment.changes().slice(before);
    return [
      ...calls.map(({ id }) => id),
      ...reports.filter(({ result }) => result === 'by-hand').map(({ step }) => step.id),
    ];
  };
  return { ...segment, functions: segment.workspace.functions, connectionFor, apply };
}

test('makes both, deploys what the API deploys, does nothing when they are equal, and updates what has changed', async (context) => {
  const { apply, functions, connectionFor } = await rig(context);
  const plan = await connectionFor('one').plan();
  assert.doesNotMatch(JSON.stringify(plan), /"code":"one"/, 'a plan shows no code');
  const byHand = 'deploy-destination-function';
  assert.deepEqual(await apply('one'), ['createFunction', 'createFunction', 'createFunctionDeployment', byHand]);
  const settings = [...functions.values()].flatMap((made) => made.settings as { name: string; sensitive: boolean }[]);
  const keys = settings.filter(({ sensitive }) => sensitive).map(({ name }) => name);
  assert.deepEqual(keys, ['statsigKey', 'consoleKey', 'secret']);
  assert.deepEqual(await apply('one'), [byHand]);
  const [destination] = functions.values();
  Object.assign(destination ?? {}, { deployedAt: '2026-01-02T03:04:07.000Z', isLatestVersion: true });
  assert.deepEqual(await apply('one'), [], 'a person has deployed it');
  assert.deepEqual(await apply('two'), ['updateFunction', 'updateFunction', 'createFunctionDeployment', byHand]);
  assert.equal(functions.size, 2);
  await connectionFor('two').undo(() => {});
  assert.equal(functions.size, 0);
});

test('goes on where it was broken off, at whatever call, and makes nothing twice', async (context) => {
  const { apply, functions, calls, trouble } = await rig(context);
  await apply('one');
  const total = calls.length;
  const troubles: readonly Trouble[] = [
    { connection: 'cut', isDone: true },
    { connection: 'cut' },
    { status: 503 },
    tooMany(1000),
  ];
  for (const [way, each] of troubles.entries()) {
    for (let at = 1; at <= total; at += 1) {
      functions.clear();
      await apply('one');
      const from = calls.length;
      // Longer than it is tried, so that the run ends there.
      trouble((_call, count) => (count >= from + at && count < from + at + 5 ? each : undefined));
      await apply('two').catch(() => {});
      trouble();
      await apply('two');
      assert.equal(functions.size, 2, `${way} at ${at}`);
      for (const made of functions.values()) {
        assert.equal(made.code, 'two');
        if (made.resourceType === 'SOURCE') assert.equal(made.isLatestVersion, true, `${way} at ${at}`);
      }
      assert.deepEqual(await apply('two'), ['deploy-destination-function']);
    }
  }
});

test("leaves another's function of that name alone, and says what a wrong token is", async (context) => {
  const { apply, functions, connectionFor } = await rig(context);
  functions.set('fn_1', {
    id: 'fn_1',
    displayName: 'statsig-cdp shop',
    resourceType: 'DESTINATION',
    description: 'by hand',
    createdAt: '2026-01-02T03:04:05.000Z',
    createdBy: 'user',
  });
  await assert.rejects(apply('one'), /has not made/);
  await assert.rejects(
    connectionFor('one').undo(() => {}),
    /left alone/,
  );
  assert.equal(functions.size, 1);
  const wrong = await rig(context, 'another-token');
  await assert.rejects(
    wrong.apply('one'),
    (error: Error) => /does not take the token/.test(error.message) && !error.message.includes('another-token'),
  );
});
