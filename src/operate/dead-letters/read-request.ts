// Reads what a request says of the dead letters that it is about.

import { PluginError } from '../../base/errors.js';
import type { EpochMs } from '../../base/time.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { readTime } from '../../transform/time.js';
import type { Selection } from './deeds.js';
import type { DeadLetterFilter } from './shapes.js';

const STATUS = /^[1-5]\d\d$/;

function faulty(detail: string): PluginError {
  return new PluginError('DEAD_LETTERS_FILTER_INVALID', detail);
}

function textIn(values: JsonObject, name: string): string | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw faulty(`\`${name}\` is no string`);
  return value;
}

/** A time as senders may write it, too. */
function timeIn(values: JsonObject, name: string): EpochMs | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  const time = readTime(value);
  if (time === undefined) throw faulty(`\`${name}\` is no time`);
  return time;
}

function statusIn(values: JsonObject): DeadLetterFilter['status'] {
  const value = values.status;
  if (value === undefined || value === 'none') return value;
  if (!STATUS.test(String(value))) throw faulty('`status` is no HTTP status');
  return Number(value);
}

/** @throws PluginError DEAD_LETTERS_FILTER_INVALID */
export function countIn(values: JsonObject, name: string): number | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(String(value)) || Number(value) === 0) throw faulty(`\`${name}\` is no number above 0`);
  return Number(value);
}

/** @param values of a query or a body @throws PluginError DEAD_LETTERS_FILTER_INVALID */
export function filterIn(values: JsonObject): DeadLetterFilter {
  const filter = {
    workspace: textIn(values, 'workspace'),
    target: textIn(values, 'target'),
    reason: textIn(values, 'reason'),
    status: statusIn(values),
    since: timeIn(values, 'since'),
    until: timeIn(values, 'until'),
    event: textIn(values, 'event'),
    user: textIn(values, 'user'),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** What a query says; a parameter without a value is as good as none, as forms send it. */
export function valuesOf(query: URLSearchParams): JsonObject {
  return Object.fromEntries([...query].filter(([, value]) => value !== ''));
}

/**
 * What is to be changed: some keys, or what a filter says, of one workspace.
 *
 * @param now what dies later is not meant
 * @throws PluginError DEAD_LETTERS_NOT_NAMED, DEAD_LETTERS_FILTER_INVALID
 */
export function selectionIn(body: unknown, now: EpochMs): Selection {
  if (isJsonObject(body) && Array.isArray(body.keys))
    return { keys: body.keys.filter((key) => typeof key === 'string') };
  if (!isJsonObject(body) || typeof body.workspace !== 'string') throw new PluginError('DEAD_LETTERS_NOT_NAMED');
  const filter = filterIn(body);
  return {
    filter: { ...filter, until: Math.min(filter.until ?? now, now) },
    limit: countIn(body, 'limit'),
    after: textIn(body, 'after'),
  };
}

/** The redelivery that goes on. */
export function redeliveryIn(body: unknown): string | undefined {
  return isJsonObject(body) ? textIn(body, 'redelivery') : undefined;
}
