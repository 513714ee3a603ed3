// Connecting from the console: what is found, planned, made, seen to arrive and taken away; what is refused; what is broken off.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fill, findSources, openConnect, over } from './connect-form.js';
import { LEAKS } from './connect-leaks.js';
import { BY_OAUTH } from './connect-oauth.js';
import { RUDDERSTACK } from './connect-rudderstack.js';
import { startSegmentApi } from './connect-segment-api.js';
import { STATSIG } from './connect-statsig.js';
import { CLEAN, HOSTILE_STRINGS, traces } from './hostile-traces.js';
import { PLACE } from './place.js';
import type { ConsoleRig } from './rig.js';
import type { ConsoleScenario } from './scenario.js';

const settingsOf = ({ settingsFile }: ConsoleRig) => readFileSync(settingsFile, 'utf8');

/** Scenarios of connecting. */
export const CONNECT: readonly ConsoleScenario[] = [
  {
    name: 'Segment is connected by keys alone: found, planned, made, seen to arrive, there the second time, and taken away',
    async run(rig) {
      const { plugin, inspect } = rig;
      const segment = await startSegmentApi(rig);
      const before = settingsOf(rig);
      const { page, keys } = await openConnect(rig);
      await keys.write(page.getByLabel('Public API token'), segment.token);
      await keys.write(page.getByLabel('Address of this process'), plugin.url);
      await keys.enter(page.getByText('More', { exact: true }));
      await keys.write(page.getByLabel('Address of the Public API'), segment.url);
      await keys.write(page.getByLabel('Address of the Tracking API'), segment.url);
      await keys.enter(page.getByRole('button', { name: 'Find sources' }));
      const source = page.getByRole('combobox', { name: 'Source' });
      await source.waitFor();
      await keys.to(source);
      await source.selectOption({ label: 'Web (web)' });
      await keys.enter(page.getByRole('button', { name: 'Show the plan' }));
      const planned = await over(page, 'Plan');
      assert.match(planned, /^\d+ steps, [1-9]\d* to do\.$/);
      await page.getByText('The request').first().click();
      await inspect(page, 'a plan');
      assert.equal(segment.changes(), 0, 'a plan makes nothing');
      assert.equal(settingsOf(rig), before, 'a plan writes nothing');

      await keys.enter(page.getByRole('button', { name: 'Connect', exact: true }));
      const made = await over(page, 'Connect');
      await page.getByText('Events arrive.').waitFor();
      assert.ok(segment.changes() > 0);
      assert.notEqual(settingsOf(rig), before);
      await inspect(page, 'a connection that was made');

      const changes = segment.changes();
      await page.getByRole('button', { name: 'Show the plan' }).click();
      assert.match(await over(page, 'Plan'), / 0 to do\.$/);
      assert.equal(
        await page.getByRole('button', { name: 'Connect', exact: true }).count(),
        0,
        'nothing is left to do',
      );
      assert.equal(segment.changes(), changes);

      await page.getByRole('button', { name: 'Undo …' }).click();
      await over(page, 'Plan of the undo');
      await page.getByRole('button', { name: 'Take it away' }).click();
      await over(page, 'Undo');
      assert.deepEqual(segment.made(), { destinations: 0, mappings: 0, sources: 0 }, 'nothing of ours is left');
      assert.deepEqual(JSON.parse(settingsOf(rig)), JSON.parse(before), 'the settings are as before');
      return `${planned} ${made}`;
    },
  },
  {
    name: 'what Segment refuses is said with what to do, and the page goes on from there',
    async run(rig) {
      const segment = await startSegmentApi(rig);
      const { page } = await openConnect(rig);
      await fill(page, { token: 'a-token-that-is-wrong', apiUrl: segment.url, url: rig.plugin.url });
      const alert = page.getByRole('alert');
      const find = page.getByRole('button', { name: 'Find sources' });
      await find.click();
      await alert.getByText(/does not take the token/).waitFor();
      assert.match(await page.locator('.field-error').innerText(), /not taken/);
      await rig.inspect(page, 'a token that is refused');
      await page.getByLabel('Public API token').fill(segment.token);
      segment.refuse({ status: 403 });
      await find.click();
      await alert.getByText(/may not do this/).waitFor();
      segment.refuse({ status: 429, retryAfter: '3600' });
      await find.click();
      await alert.getByText(/wants no request for 3600 seconds/).waitFor();
      segment.refuse({ status: 429, retryAfter: '1' }, 1);
      await findSources(page);
      segment.refuse(undefined);
      const last = await alert.count();
      assert.equal(last, 0, 'what was wrong is not said any more');
      return 'a wrong token, a missing right, a long and a short rate limit';
    },
  },
  {
    name: 'a workspace without sources, an address that is none, and a page that may look alone',
    async run(rig) {
      const segment = await startSegmentApi(rig);
      segment.forgetSources();
      const { page } = await openConnect(rig);
      await fill(page, { token: segment.token, apiUrl: segment.url, url: 'nowhere' });
      await page.getByRole('button', { name: 'Find sources' }).click();
      await page.getByText(/has no source: make one there first/).waitFor();
      await page.getByLabel('Source', { exact: true }).fill('web');
      await page.getByRole('button', { name: 'Show the plan' }).click();
      await page
        .getByRole('alert')
        .getByText(/has to be one as https/)
        .waitFor();
      await page.getByLabel('Workspace of the settings').fill('../etc');
      await page.getByText(/may hold letters, digits/).waitFor();
      const { page: reading } = await openConnect(rig, 'read');
      await reading
        .getByText(/may look and change nothing/)
        .first()
        .waitFor();
      await reading.getByLabel('Public API token').fill('anything');
      for (const name of ['Find sources', 'Show the plan', 'Undo …'])
        assert.ok(await reading.getByRole('button', { name }).isDisabled(), name);
      await rig.inspect(reading, 'for who may look alone');
      return 'each is said in words';
    },
  },
  {
    name: 'a page that is closed in the middle finds the deed again, and a process that is killed goes on where it was',
    async run(rig) {
      const { plugin } = rig;
      const segment = await startSegmentApi(rig);
      const filled = { token: segment.token, apiUrl: segment.url, url: plugin.url };
      const first = await openConnect(rig);
      await fill(first.page, filled);
      await findSources(first.page);
      await first.page.getByRole('combobox', { name: 'Source' }).selectOption({ label: 'Web (web)' });
      await first.page.getByRole('button', { name: 'Show the plan' }).click();
      await over(first.page, 'Plan');
      const held = segment.holdChange(2);
      await first.page.getByRole('button', { name: 'Connect', exact: true }).click();
      await held.reached;
      await first.close();

      const second = await openConnect(rig);
      await second.page.getByText(/so far\.$/).waitFor();
      await fill(second.page, filled);
      await second.page.getByLabel('Source', { exact: true }).fill('web');
      assert.ok(await second.page.getByRole('button', { name: 'Show the plan' }).isDisabled(), 'one at a time');
      second.expect('409 /api/connect/segment');
      const refused = await second.page.evaluate(
        async (asked) => {
          const headers = { 'content-type': 'application/json' };
          const response = await fetch('/api/connect/segment', {
            method: 'POST',
            headers,
            body: JSON.stringify(asked),
          });
          return ((await response.json()) as { message: string }).message;
        },
        {
          verb: 'apply',
          workspace: PLACE.workspace,
          token: segment.token,
          apiUrl: segment.url,
          source: 'web',
          url: plugin.url,
        },
      );
      assert.match(refused, /is being connected/);
      await plugin.stop('SIGKILL');
      held.release();
      await plugin.start();
      await second.close();

      const third = await openConnect(rig);
      await fill(third.page, filled);
      await findSources(third.page);
      await third.page.getByRole('combobox', { name: 'Source' }).selectOption({ label: 'Web (web)' });
      await third.page.getByRole('button', { name: 'Show the plan' }).click();
      const planned = await over(third.page, 'Plan');
      await third.page.getByRole('button', { name: 'Connect', exact: true }).click();
      await over(third.page, 'Connect');
      await third.page.getByText('Events arrive.').waitFor();
      assert.deepEqual(segment.made(), { destinations: 1, mappings: 1, sources: 1 }, 'nothing is there twice');
      return `after the kill: ${planned}`;
    },
  },
  {
    name: 'hostile strings as names of sources and in what Segment says are shown as they are, and do nothing',
    async run(rig) {
      const segment = await startSegmentApi(rig);
      const { page } = await openConnect(rig);
      await fill(page, { token: segment.token, apiUrl: segment.url, url: rig.plugin.url });
      const long = 'x'.repeat(10_000);
      segment.addSources([...HOSTILE_STRINGS, long]);
      await findSources(page);
      const source = page.getByRole('combobox', { name: 'Source' });
      assert.equal(await source.getByRole('option').count(), HOSTILE_STRINGS.length + 5, 'each is listed');
      assert.deepEqual(await traces(page), CLEAN, 'names of sources');
      for (const number of [...HOSTILE_STRINGS.keys(), HOSTILE_STRINGS.length]) {
        await source.selectOption(`named-${number}`);
        if (number % 5 > 0 && number < HOSTILE_STRINGS.length) continue;
        await page.getByRole('button', { name: 'Show the plan' }).click();
        await over(page, 'Plan');
        assert.deepEqual(await traces(page), CLEAN, `a plan with the name ${number}`);
      }
      await rig.inspect(page, 'a plan with a name of 10 kB');
      for (const message of [HOSTILE_STRINGS.join(' '), `${segment.token} ${long}`]) {
        segment.refuse({ status: 422, message });
        await page.getByRole('button', { name: 'Find sources' }).click();
        await page
          .getByRole('alert')
          .getByText(/Segment says/)
          .waitFor();
        assert.deepEqual(await traces(page), CLEAN, message.slice(0, 80));
      }
      await rig.inspect(page, 'a refusal of 10 kB');
      assert.ok(!(await page.content()).includes(segment.token), 'a token that Segment repeats is not shown');
      return `${HOSTILE_STRINGS.length} strings, and one of 10 kB`;
    },
  },
  LEAKS,
  STATSIG,
  ...BY_OAUTH,
  RUDDERSTACK,
];
