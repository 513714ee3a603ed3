// Connecting Statsig's event webhook: our URL is asked as Statsig asks it, the signing secret goes into a file that the settings name, and both can be taken back.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { ConnectError } from '../../../src/connect/connection.js';
import type { WebhookSign, WebhookWatch } from '../../../src/connect/statsig/options.js';
import { connectRig, lineOf } from '../../../testkit/connect-statsig.js';
import { startLive } from '../../../testkit/live.js';
import { serve } from '../../../testkit/loopback.js';

const SIGNING = 'webhook-of-the-shop';
const told = async () => new Secret(SIGNING);

/** A process at the address that Statsig is given. */
async function publicUrl(context: TestContext): Promise<string> {
  return (await startLive(context, { documents: [{ id: 'shop' }] })).url;
}

/** Sees at once what is waited for, or has seen it before. */
function watchOf(before: Awaited<ReturnType<WebhookWatch['seen']>> = {}) {
  const waited: WebhookSign[] = [];
  const watch: WebhookWatch = {
    seen: async () => before,
    async waitFor(sign) {
      waited.push(sign);
      return undefined;
    },
  };
  return { watch, waited };
}

test('a person enters the URL and the secret; the file is for its owner alone, the settings name it, and again nothing is done', async (context) => {
  const rig = await connectRig(context, { identifierMappings: [] });
  const { watch, waited } = watchOf();
  const parts = { publicUrl: await publicUrl(context), signingSecret: told, watch };
  const before = rig.text();
  const steps = await rig.connect(parts).plan();
  assert.deepEqual(
    steps.map((step) => lineOf(step)),
    [
      'there id-types',
      'there webhook-url',
      'to-do event-webhook',
      'to-do handshake',
      'to-do signing-secret',
      'to-do signing-setting',
      'to-do first-event',
    ],
  );
  assert.equal(steps[2]?.byHand?.[0]?.paste, `${parts.publicUrl}/statsig/shop`);
  assert.match(steps[5]?.change ?? '', /\+.*file:secrets\/shop-statsig-signing/);
  assert.deepEqual([rig.text(), waited, existsSync(rig.secretFile)], [before, [], false], 'a plan does nothing');

  const reports = await rig.apply(parts);
  assert.deepEqual(
    reports.map(({ step, result }) => lineOf(step, result)),
    [
      'there id-types',
      'there webhook-url',
      'by-hand event-webhook',
      'done handshake',
      'done signing-secret',
      'done signing-setting',
      'done first-event',
    ],
  );
  assert.deepEqual(waited, ['handshake', 'event']);
  assert.deepEqual(JSON.parse(rig.text()).outbound, { signingSecrets: ['file:secrets/shop-statsig-signing'] });
  assert.deepEqual([readFileSync(rig.secretFile, 'utf8'), rig.modeOf(rig.secretFile)], [`${SIGNING}\n`, '600']);
  assert.doesNotMatch(JSON.stringify([steps, reports]), new RegExp(SIGNING));

  const after = rig.text();
  const seen = { handshake: Date.UTC(2026, 0, 2), event: Date.UTC(2026, 0, 3) };
  const asked = async () => assert.fail('it is asked for once');
  const again = await rig.apply({ ...parts, signingSecret: asked, watch: watchOf(seen).watch });
  assert.ok(
    again.every(({ result }) => result === 'there'),
    again.map(({ step, result }) => lineOf(step, result)).join(', '),
  );
  assert.match(again.at(-1)?.step.title ?? '', /2026-01-03/);
  assert.equal(rig.text(), after);
});

test('without the secret the settings stay as they are: they would name a file that is not there', async (context) => {
  const rig = await connectRig(context, { id: 'shop' });
  const { watch, waited } = watchOf();
  const parts = { publicUrl: await publicUrl(context), watch };
  const before = rig.text();
  const reports = await rig.apply(parts);
  assert.deepEqual(
    reports.slice(3).map(({ step, result }) => lineOf(step, result)),
    ['done handshake', 'by-hand signing-secret', 'by-hand signing-setting', 'by-hand first-event'],
  );
  assert.deepEqual([rig.text(), waited], [before, ['handshake']]);
  // As the step says: a person puts the file there and runs it again.
  await rig.apply({ ...parts, signingSecret: told });
  writeFileSync(rig.secretFile, `${SIGNING}-by-hand\n`);
  writeFileSync(rig.file, before);
  const second = await rig.apply({ ...parts, signingSecret: async () => assert.fail('it is there') });
  assert.deepEqual(
    second.slice(4).map(({ result }) => result),
    ['there', 'done', 'done'],
  );
  assert.equal(readFileSync(rig.secretFile, 'utf8'), `${SIGNING}-by-hand\n`);
});

test('a secret that is given takes the place of another one in our file, and the same one changes nothing', async (context) => {
  const rig = await connectRig(context, { id: 'shop' });
  const url = await publicUrl(context);
  await rig.apply({ publicUrl: url, givenSigningSecret: new Secret(`${SIGNING}-mistyped`) });
  const before = rig.text();
  const corrected = { publicUrl: url, givenSigningSecret: new Secret(SIGNING) };
  const resultOf = (reports: Awaited<ReturnType<typeof rig.apply>>) =>
    reports.find(({ step }) => step.id === 'signing-secret')?.result;
  assert.equal(resultOf(await rig.apply(corrected)), 'done');
  assert.deepEqual([readFileSync(rig.secretFile, 'utf8'), rig.text()], [`${SIGNING}\n`, before]);
  assert.equal(resultOf(await rig.apply(corrected)), 'there');
});

test('what is pasted in place of the secret is refused, and written nowhere', async (context) => {
  const rig = await connectRig(context, { id: 'shop' });
  const url = await publicUrl(context);
  for (const wrong of ['secret-of-the-shop', 'console-of-the-shop', 'two words']) {
    const apply = rig.apply({ publicUrl: url, signingSecret: async () => new Secret(wrong) });
    await assert.rejects(
      apply,
      (error) => error instanceof ConnectError && error.code === 'refused' && !error.message.includes(wrong),
    );
  }
  assert.ok(!existsSync(rig.secretFile));
});

test('secrets that the document names already are left alone, and so is what somebody else wrote when it is undone', async (context) => {
  const own = await connectRig(context, { outbound: { signingSecrets: ['webhook-of-somebody'] } });
  const before = own.text();
  const url = await publicUrl(context);
  const steps = await own.connect({ publicUrl: url, signingSecret: told }).plan();
  assert.deepEqual(steps.map((step) => lineOf(step)).slice(-2), ['there signing-secret', 'to-do first-event']);
  await own.apply({ publicUrl: url, signingSecret: told });
  await own.undo();
  assert.equal(own.text(), before);

  const ours = await connectRig(context, { identifierMappings: [{ from: 'groupId', to: 'teamID' }] });
  const text = ours.text();
  await ours.apply({ publicUrl: url, signingSecret: told, create: 'missing' });
  assert.notEqual(ours.text(), text);
  const undone = await ours.undo();
  assert.deepEqual(
    undone.map(({ step, result }) => lineOf(step, result)),
    ['by-hand event-webhook', 'done signing-setting', 'done signing-secret', 'by-hand id-type:teamID'],
  );
  assert.deepEqual([JSON.parse(ours.text()), existsSync(ours.secretFile)], [JSON.parse(text), false]);
  assert.ok(ours.statsig.idTypes.has('teamID'), 'experiments may count by it');
  assert.deepEqual(ours.made(), ['POST /console/v1/unit_id_types']);
});

test('a workspace without settings gets its document, and undoing takes it away', async (context) => {
  const rig = await connectRig(context, undefined);
  await rig.apply({ publicUrl: await publicUrl(context), signingSecret: told });
  const made = readFileSync(`${rig.settings}/shop.yaml`, 'utf8');
  assert.match(made, /^id: shop$/m);
  assert.match(made, /file:secrets\/shop-statsig-signing/);
  await rig.undo();
  assert.deepEqual([existsSync(`${rig.settings}/shop.yaml`), existsSync(rig.secretFile)], [false, false]);
});

test('an address that does not answer as Statsig wants is told with its cause', async (context) => {
  const rig = await connectRig(context, { id: 'shop' });
  let answer: { status: number; body: string; headers?: Record<string, string> } = { status: 404, body: 'no' };
  const other = await serve((request, response) => {
    request.resume().on('end', () => response.writeHead(answer.status, answer.headers).end(answer.body));
  });
  context.after(() => other.close());
  const said = async (given: typeof answer, url = other.url) => {
    answer = given;
    const step = (await rig.connect({ publicUrl: url }).plan()).find(({ id }) => id === 'webhook-url');
    assert.deepEqual([step?.kind, step?.state], ['by-hand', 'to-do']);
    return step?.title ?? '';
  };
  assert.match(
    await said({ status: 404, body: '{}' }),
    /answers 404: the address leads to PORT and not to PUBLIC_PORT/,
  );
  assert.match(await said({ status: 503, body: '{}' }), /answers 503: the process has no settings yet/);
  assert.match(
    await said({ status: 301, body: '', headers: { location: 'https://elsewhere' } }),
    /leads to another address/,
  );
  assert.match(await said({ status: 200, body: '{"verification_code":"another"}' }), /not as this plugin does/);
  await other.close();
  assert.match(await said(answer), /does not answer this machine: ECONNREFUSED.*PUBLIC_PORT over HTTPS/);
});

test('of a config service the document is left to a person, and no file is written', async (context) => {
  const rig = await connectRig(context, undefined);
  const service = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ workspaces: [{ id: 'shop', identifierMappings: [{ from: 'groupId', to: 'teamID' }] }] }),
    );
  });
  context.after(() => service.close());
  const parts = {
    settingsLocation: `${service.url}/settings`,
    publicUrl: await publicUrl(context),
    signingSecret: told,
  };
  const reports = await rig.apply(parts);
  assert.deepEqual(
    reports.map(({ step, result }) => lineOf(step, result)),
    [
      ...[
        'there id-types',
        'by-hand id-type:teamID',
        'there webhook-url',
        'by-hand event-webhook',
        'by-hand handshake',
      ],
      ...['by-hand signing-secret', 'by-hand first-event'],
    ],
  );
  assert.match(reports[5]?.step.byHand?.[2]?.paste ?? '', /env:STATSIG_SIGNING_SECRET/);
  assert.deepEqual(await rig.undo({ settingsLocation: parts.settingsLocation }), []);
  assert.ok(!existsSync('http:') && !existsSync(rig.settings));
});
