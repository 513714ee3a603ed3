// Audiences: lists with their sizes and last calls, a list that is missing with what to do, and what is left of Statsig's limit.

import assert from 'node:assert/strict';
import { PLACE } from './place.js';
import type { ConsoleScenario } from './scenario.js';

const identify = (user: string, audience: string) => ({
  type: 'identify',
  userId: user,
  messageId: `${audience}-${user}`,
  timestamp: new Date().toISOString(),
  traits: { [audience]: true },
  context: { personas: { computation_class: 'audience', computation_key: audience } },
});

/** Scenarios of the page of audiences. */
export const AUDIENCES: readonly ConsoleScenario[] = [
  {
    name: 'a list shows its size and last calls, one that is missing what to do, and the limit what is left, by keys alone',
    async run({ open, send, inspect, statsig }) {
      for (const user of ['user-1', 'user-2'])
        assert.equal((await send.segment(identify(user, PLACE.audience))).status, 200);
      assert.equal((await send.segment(identify('user-3', 'no_such_list'))).status, 200);
      const { page, keys } = await open({ at: '/audiences' });
      const table = page.getByRole('region', { name: 'ID lists of shop' });
      const rowOf = (list: string) => table.getByRole('row').filter({ hasText: list });
      await rowOf(PLACE.audience).getByText('in step').waitFor();
      await rowOf('no_such_list').getByText('stopped').waitFor();
      await page.getByText(/of 900/).waitFor();
      await keys.enter(rowOf(PLACE.audience).getByRole('button'));
      const drawer = page.getByRole('dialog');
      const calls = drawer.getByRole('region', { name: 'Last calls about this list, newest first' });
      await calls.getByRole('row').filter({ hasText: 'look' }).waitFor();
      await calls.getByRole('row').filter({ hasText: 'add' }).first().waitFor();
      assert.equal(statsig.lists.get(PLACE.audience)?.ids.size, 2);
      await inspect(page, 'the drawer of a list');
      await keys.press('Escape');
      await drawer.waitFor({ state: 'detached' });
      await keys.enter(rowOf('no_such_list').getByRole('button'));
      const problem = drawer.getByText(/does not exist in Statsig/).first();
      await problem.waitFor();
      const said = await problem.innerText();
      await keys.enter(drawer.getByRole('link', { name: 'Show them' }));
      await page.getByRole('heading', { name: 'Dead letters' }).waitFor();
      await page.getByText('Make it in Statsig, or set').first().waitFor();
      return said;
    },
  },
];
