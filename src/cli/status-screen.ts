// One screen of how a process stands: aligned for a person at a terminal, a line for each thing with tabs between cells elsewhere.

import { toPrintable, toPrintableCell } from '../base/printable.js';
import type { EpochMs } from '../base/time.js';
import type {
  AttentionItem,
  LaneOverview,
  OutboxOverview,
  Severity,
  StatusAnswer,
} from '../operate/overview/shapes.js';
import { formatBytes, formatSeconds } from '../replay/progress.js';
import { type Column, printTable, type TableOutput } from './table.js';

/** Items that fit on a screen beside the rest; `--json` has all. */
const MAX_ITEMS = 8;

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** Whether somebody should look. */
export function isAttentionNeeded({ attention }: Pick<StatusAnswer, 'attention'>): boolean {
  return attention.some(({ severity }) => severity !== 'info');
}

const many = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  const days = Math.floor(seconds / 86_400);
  return days === 0 ? formatSeconds(seconds) : `${days} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

function describeOutbox({ state, waiting, deadLetters, bytes, maxBytes, problem, counts }: OutboxOverview): string {
  if (state !== 'open') return state;
  const numbers = counts === 'unknown' ? 'numbers unknown' : `${waiting} waiting, ${many(deadLetters, 'dead letter')}`;
  const room = `${formatBytes(bytes)} of ${formatBytes(maxBytes)}`;
  return `${numbers}, ${room}${problem === undefined ? '' : `; ${problem}`}`;
}

function describeFacts(status: StatusAnswer): readonly (readonly [string, string])[] {
  const { settings, upstream, senders, dryRun, paused, hosts, laneCount, lanesOpen } = status;
  const { source, documents, generation, faults, warnings, missing } = settings;
  const inForce = faults > 0 ? `the newest are not in force: ${many(faults, 'fault')}` : 'in force';
  const said = [
    ...(warnings.length > 0 ? [many(warnings.length, 'warning')] : []),
    ...missing.map((each) => `loses ${each}`),
  ];
  const rows: readonly (readonly [string, string])[] = [
    [
      'settings',
      [`${source}: ${many(documents, 'document')}, generation ${generation}, ${inForce}`, ...said].join(', '),
    ],
    ['outbox', describeOutbox(status.outbox)],
    ['lanes', `${laneCount}, ${lanesOpen} open`],
    ['upstream', upstream?.state ?? 'none'],
    ['senders', senders.reason === undefined ? senders.servedOn : `${senders.servedOn}: ${senders.reason}`],
    ['hosts', hosts.map(({ host, circuit }) => `${host} ${circuit}`).join(', ')],
    ['dry run', dryRun.join(', ')],
    ['paused', paused.join(', ')],
  ];
  return rows.filter(([, fact]) => fact !== '');
}

const LANE_COLUMNS: readonly Column[] = [
  { head: 'WORKSPACE', least: 8 },
  { head: 'TARGET', least: 8 },
  { head: 'CIRCUIT' },
  { head: 'NEXT TRY' },
  { head: 'WAITING', align: 'right' },
  { head: 'OLDEST' },
  { head: 'DEAD', align: 'right' },
  { head: 'PROBLEM', least: 10 },
];

function laneRow(lane: LaneOverview, now: EpochMs): readonly string[] {
  const { workspace, target, circuit, nextTryAt, waiting, oldestAcceptedAt, deadLetters, problem = '' } = lane;
  const next = nextTryAt === undefined ? '' : `in ${formatAge(nextTryAt - now)}`;
  const oldest = oldestAcceptedAt === undefined ? '' : formatAge(now - oldestAcceptedAt);
  return [workspace, target, circuit, next, String(waiting), oldest, String(deadLetters), problem];
}

const ITEM_CELLS = ({ severity, what, why, fix }: AttentionItem) => [severity, what, why, fix];

function writeItems(items: readonly AttentionItem[], write: (line: string) => void): void {
  for (const { severity, what, why, fix } of items) {
    write(`${severity.padEnd(8)} ${what}`);
    write(`         ${why}`);
    write(`         Fix: ${fix}`);
  }
}

/** Shows it. @param where the process that was asked, for people */
export function showStatus(status: StatusAnswer, where: string, output: TableOutput = process.stdout): void {
  const { version, ready, at, startedAt, attention, lanes, laneCount } = status;
  const head = `statsig-cdp ${version} at ${where}, up ${formatAge(at - startedAt)}, ${ready ? 'ready' : 'not ready'}`;
  const rows = lanes.map((lane) => laneRow(lane, at));
  if (output.isTTY !== true) {
    const lines = [
      ['process', head],
      ...attention.map((item) => ['attention', ...ITEM_CELLS(item)]),
      ...rows.map((row) => ['lane', ...row]),
      ...describeFacts(status),
    ];
    for (const cells of lines) output.write(`${cells.map(toPrintableCell).join('\t')}\n`);
    return;
  }
  const write = (line: string) => void output.write(`${toPrintable(line)}\n`);
  write(head);
  const counts = SEVERITIES.map((severity) => attention.filter((item) => item.severity === severity).length);
  const [errors = 0, warnings = 0, infos = 0] = counts;
  write('');
  if (attention.length === 0) write('Nothing needs attention.');
  else write(`Attention: ${many(errors, 'error')}, ${many(warnings, 'warning')}, ${many(infos, 'note')}`);
  writeItems(attention.filter(({ severity }) => severity !== 'info').slice(0, MAX_ITEMS), write);
  if (errors + warnings > MAX_ITEMS) write(`… and ${errors + warnings - MAX_ITEMS} more: --json has all`);
  if (rows.length > 0) {
    write('');
    printTable(LANE_COLUMNS, rows, output);
    if (laneCount > rows.length) write(`… and ${laneCount - rows.length} more lanes, which are better`);
  }
  write('');
  const facts = describeFacts(status);
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, fact] of facts) write(`${name.padEnd(width)}  ${fact}`);
}
