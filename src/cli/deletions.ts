// `statsig-cdp deletions`: shows how far the deletions of a running process are, through its /api.

import type { Command } from 'commander';
import { complain } from '../base/terminal.js';
import type { JsonObject } from '../model/segment-event.js';
import { askForObject, findProcess, foreignAnswer, runCommand } from './running-process.js';
import { type Column, JSON_OPTION, printTable, sayJson } from './table.js';

interface Report {
  readonly total: number;
  readonly requests: readonly {
    readonly requestId: string;
    readonly workspaceId: string;
    readonly ids: number;
    readonly at: number;
    readonly status: string;
  }[];
}

function isReport(value: JsonObject): value is JsonObject & Report {
  return typeof value.total === 'number' && Array.isArray(value.requests);
}

const COLUMNS: readonly Column[] = [
  { head: 'TIME' },
  { head: 'WORKSPACE', least: 8 },
  { head: 'IDS', align: 'right' },
  { head: 'STATUS' },
  { head: 'REQUEST' },
];

interface Options {
  readonly url?: string;
  readonly json?: boolean;
}

async function showStatus({ url, json }: Options): Promise<void> {
  const peer = findProcess(url);
  const report = await askForObject(peer, 'deletions');
  if (!isReport(report)) throw foreignAnswer(peer);
  const { total, requests } = report;
  if (json) sayJson({ total, requests });
  else
    printTable(
      COLUMNS,
      requests.map(({ at, workspaceId, ids, status, requestId }) => [
        new Date(at).toISOString(),
        workspaceId === '' ? '-' : workspaceId,
        String(ids),
        status,
        requestId,
      ]),
    );
  if (requests.length === 0) complain('Statsig was not asked to delete anybody.');
  if (total > requests.length) complain(`The newest ${requests.length} of ${total}.`);
}

/** Adds the command and its verb. It exits with 1 when it cannot do what it is asked. */
export function addDeletionsCommand(command: Command): void {
  command
    .command('status')
    .description('One line each, newest first: time, workspace, number of ids, what Statsig says, request_id.')
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .option(JSON_OPTION, 'print one JSON object: total and requests')
    .action((options: Options) => runCommand(() => showStatus(options)));
}
