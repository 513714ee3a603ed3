// `statsig-cdp outbox`: tells a running process that what it says of damage has been seen.

import type { Command } from 'commander';
import { say } from '../base/terminal.js';
import { askForObject, findProcess, foreignAnswer, runCommand } from './running-process.js';

/** Adds the command and its verb, which exits with 1 when it cannot do what it is asked. */
export function addOutboxCommand(command: Command): void {
  command
    .command('acknowledge')
    .description('Damage that /readyz tells of has been seen: it is not told of any more.')
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .action(({ url }: { readonly url?: string }) =>
      runCommand(async () => {
        const peer = findProcess(url);
        const { acknowledged } = await askForObject(peer, 'acknowledgeDamage', { body: {} });
        if (typeof acknowledged !== 'boolean') throw foreignAnswer(peer);
        say(acknowledged === true ? 'acknowledged' : 'There was nothing to acknowledge.');
      }),
    );
}
