// What somebody does who has never seen it: an empty directory, two commands, and an event of their own in the console.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../testkit/free-port.js';
import { CLI } from '../../testkit/programs.js';
import { startChild } from '../child.js';
import type { ConsoleScenario } from './scenario.js';

const LINK = /^http:\/\/\S+\/console\/#link=\S+$/;

/** Scenarios of somebody who is new. */
export const FIRST_EVENT: readonly ConsoleScenario[] = [
  {
    name: 'from an empty directory to the first own event in the console: two commands, without settings or token',
    alone: true,
    async run({ openAt, directory, keep, until }) {
      const empty = join(directory, 'empty');
      mkdirSync(empty);
      const began = performance.now();
      const run = async (name: string, ...args: readonly string[]) => {
        // As on a machine of one's own: where nothing says which port, the command and the process agree on one.
        const env = { PORT: String(port), HOST: '127.0.0.1', HOME: empty };
        const command = { name, command: process.execPath, args: [CLI, ...args], env, cwd: empty };
        const child = await startChild({ ...command, logFile: join(directory, `${name}.log`) });
        keep(() => child.stop('SIGKILL'));
        return child;
      };
      const port = await freePort();
      const serve = await run('serve', 'serve');
      await until('it listens', () => (serve.tail(1, /listens on port/).length === 1 ? undefined : 'not yet'));
      const shown = await run('console', 'console');
      await until('the link is shown', () => (shown.tail(1, LINK).length === 1 ? undefined : shown.tail(3).join(' ')));
      const [link = ''] = shown.tail(1, LINK);
      const { page } = await openAt(link);
      await page.getByRole('navigation').getByRole('link', { name: 'Live log' }).click();
      await page.getByText('Connected').waitFor();
      const event = { type: 'track', event: 'My First Event', userId: 'me' };
      const sent = await fetch(`http://127.0.0.1:${port}/segment/default`, {
        method: 'POST',
        body: JSON.stringify(event),
      });
      assert.equal(sent.status, 200);
      await page.locator('.live-row').filter({ hasText: 'My First Event' }).first().waitFor();
      const seconds = `${((performance.now() - began) / 1_000).toFixed(1)} s`;
      // Without a key nothing is sent, and it is told from what is.
      await page.locator('.live-row').filter({ hasText: 'Dry run' }).first().waitFor();
      return seconds;
    },
  },
];
