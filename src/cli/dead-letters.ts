// `statsig-cdp dead-letters`: works on the dead letters of a running process through its /api.

import type { Command } from 'commander';
import { toPrintableCell } from '../base/printable.js';
import { say } from '../base/terminal.js';
import type { EpochMs } from '../base/time.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import {
  askForObject,
  askProcess,
  CommandError,
  confirmed,
  findProcess,
  foreignAnswer,
  numberIn,
  type RunningProcess,
  readObject,
  runCommand,
} from './running-process.js';

interface Letter {
  readonly key: string;
  readonly workspaceId: string;
  readonly target: string;
  readonly reason: string;
  readonly attempts: number;
  readonly answer: string;
  readonly diedAt: EpochMs;
  /** A Statsig event, or a call of a CDP; text where the disk has damaged it. */
  readonly payload: unknown;
}

/** The types of its fields, as far as they are shown. */
function isLetter(value: JsonObject): value is JsonObject & Letter {
  return typeof value.key === 'string' && typeof value.diedAt === 'number';
}

async function fetchLetters(peer: RunningProcess, { workspace, target }: Selection): Promise<readonly Letter[]> {
  const query = new URLSearchParams({ ...(workspace && { workspace }), ...(target && { target }) });
  const text = await askProcess(peer, 'deadLetters', { query });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const letter = readObject(line, peer);
      if (!isLetter(letter)) throw foreignAnswer(peer);
      return letter;
    });
}

function summarize({ key, workspaceId, target, reason, attempts, diedAt, payload }: Letter): string {
  const name = isJsonObject(payload) ? (payload.eventName ?? payload.event ?? '') : '';
  const time = new Date(diedAt).toISOString();
  return [key, time, workspaceId, target, reason, `${attempts} attempts`, name]
    .map((cell) => toPrintableCell(String(cell)))
    .join('\t');
}

interface Selection {
  readonly url?: string;
  readonly workspace?: string;
  readonly target?: string;
  readonly yes?: boolean;
}

/** Routes by verb. */
const CHANGES = { redeliver: 'redeliverDeadLetters', drop: 'dropDeadLetters' } as const;

async function change(
  verb: keyof typeof CHANGES,
  keys: readonly string[],
  { url, workspace, target, yes }: Selection,
): Promise<void> {
  if (keys.length === 0 && workspace === undefined)
    throw new CommandError('Name the keys, or a whole workspace with --workspace.');
  if (keys.length > 0 && workspace !== undefined)
    throw new CommandError('Name either keys or a workspace: with --workspace all of it is meant.');
  const peer = findProcess(url);
  const whose = `dead letters of workspace ${workspace}${target === undefined ? '' : `, target ${target}`}`;
  if (verb === 'drop' && keys.length === 0) await confirmed(`All ${whose} are forgotten for good.`, yes);
  const body = keys.length > 0 ? { keys } : { workspace, ...(target && { target }) };
  const answer = await askForObject(peer, CHANGES[verb], { body });
  const [changed, left] = [numberIn(answer, 'changed', peer), numberIn({ left: 0, ...answer }, 'left', peer)];
  say(verb === 'drop' ? `dropped: ${changed}` : `put back, and tried now: ${changed}`);
  if (left > 0) throw new CommandError(`${left} are still there, the disk took no more: do it again.`);
  const unknown = Array.isArray(answer.unknown) ? answer.unknown : [];
  if (unknown.length > 0) throw new CommandError(`There is no dead letter ${unknown.join(', ')}.`);
  if (changed === 0) throw new CommandError(`There are no ${whose}.`);
}

/** Adds the command and its verbs. Each exits with 1 when it cannot do what it is asked. */
export function addDeadLettersCommand(command: Command): void {
  const verb = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--url <url>', 'address of the process (default: this machine, PORT)');
  const workspaceOption = ['--workspace <id>', 'all of one workspace'] as const;
  const targetOption = ['--target <name>', 'with --workspace: only those of one target'] as const;

  verb('list', 'One line each: key, time, workspace, target, reason, attempts, event name.')
    .option(...workspaceOption)
    .option(...targetOption)
    .action((selection: Selection) =>
      runCommand(async () => {
        for (const letter of await fetchLetters(findProcess(selection.url), selection)) say(summarize(letter));
      }),
    );
  verb('show', 'Everything about one dead letter, as JSON.')
    .argument('<key>')
    .action((key: string, { url }: Selection) =>
      runCommand(async () => {
        const letter = (await fetchLetters(findProcess(url), {})).find((each) => each.key === key);
        if (letter === undefined) throw new CommandError(`There is no dead letter ${key}.`);
        say(JSON.stringify(letter, null, 2));
      }),
    );
  verb('redeliver', 'Try dead letters again.')
    .argument('[keys...]')
    .option(...workspaceOption)
    .option(...targetOption)
    .action((keys: string[], selection: Selection) => runCommand(() => change('redeliver', keys, selection)));
  verb('drop', 'Forget dead letters.')
    .argument('[keys...]')
    .option(...workspaceOption)
    .option(...targetOption)
    .option('--yes', 'do not ask before all of a workspace are forgotten')
    .action((keys: string[], selection: Selection) => runCommand(() => change('drop', keys, selection)));
}
