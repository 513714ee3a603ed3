// `statsig-cdp waiting`: forgets what a running process keeps for a target that is no more.

import type { Command } from 'commander';
import { say } from '../base/terminal.js';
import { askForObject, CommandError, confirmed, findProcess, numberIn, runCommand } from './running-process.js';

interface Place {
  readonly workspace: string;
  readonly target: string;
  readonly url?: string;
  readonly yes?: boolean;
}

async function drop({ workspace, target, url, yes }: Place): Promise<void> {
  const peer = findProcess(url);
  await confirmed(
    `What waits for ${target} of workspace ${workspace}, and its dead letters, are forgotten for good.`,
    yes,
  );
  const answer = await askForObject(peer, 'dropWaiting', { body: { workspace, target } });
  const [dropped, left] = [numberIn(answer, 'dropped', peer), numberIn({ left: 0, ...answer }, 'left', peer)];
  say(`dropped: ${dropped}`);
  if (left > 0) throw new CommandError(`${left} are still there: drop again.`);
  if (dropped === 0) throw new CommandError(`Nothing waits for ${target} of workspace ${workspace}.`);
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
    .option('--yes', 'do not ask')
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .action((place: Place) => runCommand(() => drop(place)));
}
