// `statsig-cdp outbox`: tells a running process that what it says of damage has been seen, and moves what waits to another outbox.

import type { Command } from 'commander';
import { say } from '../base/terminal.js';
import type { MoveOptions } from './outbox/move.js';
import { askForObject, findProcess, foreignAnswer, runCommand } from './running-process.js';
import { JSON_OPTION } from './table.js';

/** Where an outbox may be. */
const PLACE = 'a directory, postgres://…, or env:NAME of a variable that holds one of them';

/** Adds the command and its verbs, which exit with 1 when they cannot do what they are asked. */
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
  command
    .command('move')
    .description(
      'Take all that waits, and what is remembered beside it, from one outbox to another: from a directory to a database or back. No process may use the one it is taken from. Killed, it goes on when it is run again.',
    )
    .requiredOption('--from <place>', PLACE)
    .requiredOption('--to <place>', PLACE)
    .option('--schema <name>', 'schema in the database (default: OUTBOX_SCHEMA, statsig_cdp)')
    .option('--dry-run', 'count what would be moved, and change nothing')
    .option(JSON_OPTION, 'print one JSON object')
    // What speaks to a database is loaded for it alone.
    .action((options: MoveOptions) => runCommand(async () => (await import('./outbox/move.js')).runMove(options)));
}
