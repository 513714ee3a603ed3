// `statsig-cdp dead-letters`: works on the dead letters of a running process through its /api.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { ADMIN_TOKEN_FILE } from '../http/admin-token.js';
import { readProcessSettings } from '../process-settings.js';

/** The process that is asked, and its token. */
interface Target {
  readonly url: string;
  readonly token: string;
}

/** What can't be done, as a sentence for people. */
class CommandError extends Error {}

function findTarget(url: string | undefined): Target {
  const { adminToken, outboxDirectory, port } = readProcessSettings(process.env);
  const address = url ?? `http://127.0.0.1:${port}`;
  if (adminToken !== undefined) return { url: address, token: adminToken.reveal() };
  const file = join(dirname(outboxDirectory), ADMIN_TOKEN_FILE);
  try {
    return { url: address, token: readFileSync(file, 'utf8') };
  } catch {
    throw new CommandError(`No token: set ADMIN_TOKEN to that of the process, or run this where ${file} is.`);
  }
}

async function ask(target: Target, path: string, body?: object): Promise<string> {
  const request = { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${target.token}` } };
  const response = await fetch(
    target.url + path,
    body === undefined ? request : { ...request, body: JSON.stringify(body) },
  ).catch(() => {
    throw new CommandError(`No statsig-cdp answers at ${target.url}.`);
  });
  const text = await response.text();
  if (!response.ok) throw new CommandError(text);
  return text;
}

interface Letter {
  readonly key: string;
  readonly workspaceId: string;
  readonly target: string;
  readonly reason: string;
  readonly attempts: number;
  readonly answer: string;
  readonly diedAt: number;
  /** A Statsig event, or a call of a CDP. */
  readonly payload: { readonly eventName?: string; readonly event?: string };
}

async function fetchLetters(peer: Target, { workspace, target }: Selection): Promise<readonly Letter[]> {
  const query = new URLSearchParams({ ...(workspace && { workspace }), ...(target && { target }) });
  const text = await ask(peer, `/api/dead-letters?${query}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function summarize({ key, workspaceId, target, reason, attempts, diedAt, payload }: Letter): string {
  const name = payload.eventName ?? payload.event;
  return [key, new Date(diedAt).toISOString(), workspaceId, target, reason, `${attempts} attempts`, name].join('\t');
}

interface Selection {
  readonly url?: string;
  readonly workspace?: string;
  readonly target?: string;
}

async function change(
  verb: 'redeliver' | 'drop',
  keys: readonly string[],
  { url, workspace, target }: Selection,
): Promise<void> {
  if (keys.length === 0 && workspace === undefined)
    throw new CommandError('Name the keys, or a whole workspace with --workspace.');
  const body = keys.length > 0 ? { keys } : { workspace, ...(target && { target }) };
  const { changed } = JSON.parse(await ask(findTarget(url), `/api/dead-letters/${verb}`, body));
  console.log(`${verb === 'drop' ? 'dropped' : 'put back'}: ${changed}`);
}

async function run(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Adds the command and its verbs. Each exits with 1 when it can't do what it is asked. */
export function addDeadLettersCommand(program: Command): void {
  const command = program
    .command('dead-letters')
    .description('List, show, redeliver or drop events that were given up.');
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
      run(async () => {
        for (const letter of await fetchLetters(findTarget(selection.url), selection)) console.log(summarize(letter));
      }),
    );
  verb('show', 'Everything about one dead letter, as JSON.')
    .argument('<key>')
    .action((key: string, { url }: Selection) =>
      run(async () => {
        const letter = (await fetchLetters(findTarget(url), {})).find((each) => each.key === key);
        if (letter === undefined) throw new CommandError(`There is no dead letter ${key}.`);
        console.log(JSON.stringify(letter, null, 2));
      }),
    );
  verb('redeliver', 'Try dead letters again.')
    .argument('[keys...]')
    .option(...workspaceOption)
    .option(...targetOption)
    .action((keys: string[], selection: Selection) => run(() => change('redeliver', keys, selection)));
  verb('drop', 'Forget dead letters.')
    .argument('[keys...]')
    .option(...workspaceOption)
    .option(...targetOption)
    .action((keys: string[], selection: Selection) => run(() => change('drop', keys, selection)));
}
