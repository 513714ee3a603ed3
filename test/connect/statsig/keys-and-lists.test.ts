// Connecting Statsig says which kind each key of the settings is, and whether the ID lists of audiences can take them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectRig, lineOf } from '../../../testkit/connect-statsig.js';

test('each key has its kind told, where it belongs or not, and none is shown', async (context) => {
  const document = {
    secretKey: 'client-of-the-shop-1',
    consoleKey: 'console-of-the-shop-1',
    outbound: { signingSecrets: ['webhook-of-the-shop', 'secret-of-the-shop-1'] },
  };
  const { connect } = await connectRig(context, document);
  const steps = await connect().plan();
  assert.deepEqual(steps.map(({ state, title }) => `${state} ${title}`).slice(0, 4), [
    'to-do secretKey of shop is a client key, with which events are sent, and no deletions: here belongs a server secret key (secret-…)',
    'there consoleKey of shop is a Console key',
    "there outbound.signingSecrets[0] of shop is no key of Statsig's",
    'to-do outbound.signingSecrets[1] of shop is a server secret key: here belongs the signing secret of the card Generic Webhook',
  ]);
  assert.doesNotMatch(JSON.stringify(steps), /of-the-shop/);
});

test('keys that this machine does not have, and keys that stand in the place of others, are told and end nothing', async (context) => {
  const missing = await connectRig(context, {
    secretKey: 'env:NO_SUCH_VARIABLE_HERE',
    identifierMappings: [{ from: 'groupId', to: 'teamID' }],
  });
  const steps = await missing.connect().plan();
  assert.deepEqual(
    steps.map((step) => lineOf(step)),
    ['to-do fault:0', 'there id-types', 'to-do id-type:teamID'],
  );
  assert.match(steps[0]?.title ?? '', /secretKey: env:NO_SUCH_VARIABLE_HERE is not set/);
  const misplaced = await connectRig(context, { secretKey: 'env:A_KEY' });
  const [fault] = await misplaced.connect({ readSecret: () => ({ value: 'console-of-the-shop-1' }) }).plan();
  assert.match(fault?.title ?? '', /secretKey: is a Console API key of Statsig: it belongs under consoleKey/);
  assert.doesNotMatch(JSON.stringify(fault), /of-the-shop/);
});

test('settings that cannot be read end it, and settings that are not there yet do not', async (context) => {
  const broken = await connectRig(context, { identifierMappings: 7 });
  await assert.rejects(broken.connect().plan(), { code: 'settings', message: /identifierMappings.*must be/ });
  const misplaced = await connectRig(context, { secretKey: 'console-of-the-shop-1' });
  await assert.rejects(
    misplaced.connect().plan(),
    (error: Error) => /belongs under consoleKey/.test(error.message) && !error.message.includes('of-the-shop'),
  );
  const none = await connectRig(context, undefined);
  assert.deepEqual(
    (await none.connect().plan()).map((step) => lineOf(step)),
    ['there id-types'],
  );
});

test('each ID list that the settings name is looked at: there, missing, of another type or of another id type', async (context) => {
  const audiences = {
    units: [
      { from: 'userId', idType: 'userID' },
      { from: 'anonymousId', idType: 'stableID' },
    ],
    lists: [
      { key: 'a', id: 'good_list' },
      { key: 'b', id: 'missing_list', idType: 'stableID' },
      { key: 'c', id: 'rule_segment' },
      { key: 'd', id: 'stable_list' },
      { key: 'e', id: 'good_list' },
    ],
  };
  const rig = await connectRig(context, { audiences });
  rig.statsig.make('good_list');
  rig.statsig.make('rule_segment', { type: 'rule_based' });
  rig.statsig.make('stable_list', { idType: 'stableID' });
  const steps = await rig.connect().plan();
  assert.deepEqual(
    steps.map((step) => lineOf(step)),
    [
      'there id-types',
      'there list:good_list',
      'to-do list:missing_list',
      'to-do list:rule_segment',
      'to-do list:stable_list',
    ],
  );
  assert.deepEqual(
    steps[2]?.byHand?.map(({ paste }) => paste),
    ['missing_list', 'stableID', undefined],
  );
  assert.match(steps[3]?.title ?? '', /is of type rule_based, not an ID list/);
  assert.match(steps[4]?.title ?? '', /holds ids of type stableID, the audience's are of type userID/);
  assert.deepEqual(rig.made(), []);
  const made = await connectRig(context, { audiences: { ...audiences, createMissing: true } });
  const states = (await made.connect().plan()).map((step) => lineOf(step));
  assert.ok(
    states.every((line) => line.startsWith('there')),
    states.join(', '),
  );
});
