// `statsig-cdp deletions`: shows how far the deletions of a running process are, through its /api.

import type { Command } from 'commander';
import { toPrintableCell } from '../base/printable.js';
import { say } from '../base/terminal.js';
import type { JsonObject } from '../model/segment-event.js';
import { askForObject, findProcess, foreignAnswer, runCommand } from './running-process.js';

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

const HEAD = ['TIME', 'WORKSPACE', 'IDS', 'STATUS', 'REQUEST'];

function toTable(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const toLine = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => toLine(row).trimEnd()).join('\n');
}

async function showStatus(url: string | undefined): Promise<void> {
  const peer = findProcess(url);
  const report = await askForObject(peer, 'deletions');
  if (!isReport(report)) throw foreignAnswer(peer);
  const { total, requests } = report;
  if (requests.length === 0) {
    say('Statsig was not asked to delete anybody.');
    return;
  }
  const rows = requests.map(({ at, workspaceId, ids, status, requestId }) => [
    new Date(at).toISOString(),
    workspaceId === '' ? '-' : workspaceId,
    String(ids),
    toPrintableCell(status),
    toPrintableCell(requestId),
  ]);
  say(toTable([HEAD, ...rows]));
  if (total > requests.length) say(`The newest ${requests.length} of ${total}.`);
}

/** Adds the command and its verb. It exits with 1 when it cannot do what it is asked. */
export function addDeletionsCommand(command: Command): void {
  command
    .command('status')
    .description('One line each, newest first: time, workspace, number of ids, what Statsig says, request_id.')
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .action(({ url }: { readonly url?: string }) => runCommand(() => showStatus(url)));
}
