// Writes what scale-model.ts says as tables: for docs/scale.md, and for `npm run scale`.

import { markdownTable } from './markdown-table.js';
import { databaseLimit, laneLimit, needsAt, SCALE_INPUTS, type ScaleValues, scaleValues } from './scale-model.js';

const LOADS = [1_000, 10_000, 100_000, 1_000_000] as const;

/** A shorter window, where the ids of a day would be too many. */
const SHORT_WINDOW_HOURS = 0.25;

const PARTS = {
  cores: 'its cores',
  log: 'what its disk writes',
  ids: 'the disk for ids',
  connections: 'its connections',
} as const;

const whole = (value: number) => Math.round(value).toLocaleString('en').replaceAll(',', ' ');

function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${Number((value / 1000 ** at).toPrecision(2))} ${units[at]}`;
}

function inputsTable(values: ScaleValues): string {
  const rows = Object.entries(SCALE_INPUTS).map(([name, { unit, what }]) => [
    `\`${name}\``,
    `${values[name as keyof ScaleValues]} ${unit}`.trim(),
    what,
  ]);
  return markdownTable(['Input', 'Value', 'What it is'], rows);
}

function needsTable(values: ScaleValues): string {
  const rows = LOADS.map((load) => {
    const { replicas, databaseCores, logBytesPerSecond, idBytes, lanes, databases } = needsAt(load, values);
    return [
      `${whole(load)}/s`,
      whole(replicas),
      databaseCores.toPrecision(2),
      `${bytes(logBytesPerSecond)}/s`,
      bytes(idBytes),
      whole(lanes),
      whole(databases),
    ];
  });
  return markdownTable(
    ['Events', 'Replicas', 'Cores of databases', 'Their logs', 'Ids of two windows', 'Lanes at least', 'Databases'],
    rows,
  );
}

function limitLine(values: ScaleValues): string {
  const { eventsPerSecond, by } = databaseLimit(values);
  return `One database is full at ${whole(eventsPerSecond)} events/s, of ${PARTS[by]}.`;
}

/** @param others in the place of numbers of the model */
export function scaleTables(others: Partial<ScaleValues> = {}): string {
  const values = scaleValues(others);
  const short = { ...values, windowHours: Math.min(values.windowHours, SHORT_WINDOW_HOURS) };
  return [
    inputsTable(values),
    `A window of ${values.windowHours} hours:`,
    needsTable(values),
    limitLine(values),
    `A window of ${short.windowHours * 60} minutes:`,
    needsTable(short),
    limitLine(short),
    `One lane, which is one target of one workspace, delivers ${whole(laneLimit(values))} events/s at most, whatever the number of replicas.`,
  ].join('\n\n');
}
