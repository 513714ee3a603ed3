// `statsig-cdp waiting`: forgets what a running process keeps for a target that is no more.

import type { Command } from 'commander';
import { say } from '../base/terminal.js';
import { askProcess, findProcess, runCommand } from './running-process.js';

interface Place {
  readonly workspace: string;
  readonly target: string;
  readonly url?: string;
}

async function drop({ workspace, target, url }: Place): Promise<void> {
  const { dropped, left } = JSON.parse(
    await askProcess(findProcess(url), 'dropWaiting', { body: { workspace, target } }),
  );
  say(`dropped: ${dropped}`);
  if (left > 0) throw new Error(`${left} are still there: drop again`);
}

/** Adds the command and its verb. It exits with 1 when it cannot do what it is asked. */
export function addWaitingCommand(command: Command): void {
  command
    .command('drop')
    .description(
      'Forget what waits for a target that the settings no longer have or that is paused, and its dead letters.',
    )
    .requiredOption('--workspace <id>', 'the workspace')
    .requiredOption('--target <name>', 'the target, as /readyz names it')
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .action((place: Place) => runCommand(() => drop(place)));
}
