// What the verbs ask of the process, as far as its answers can be trusted to be of this version.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { DeadLetterFilter } from '../../operate/dead-letters/shapes.js';
import {
  askForObject,
  askProcess,
  foreignAnswer,
  numberIn,
  type RunningProcess,
  readObject,
} from '../running-process.js';
import { queryFor } from './filter.js';

/** Lines of one question: so many are held at once. */
const PAGE = 1_000;

/** Text of a field that is shown; empty where there is none. */
export function textIn(value: JsonObject, name: string): string {
  const field = value[name];
  return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
}

/** A field that holds a time, as ISO 8601. @throws CommandError for an answer of something else */
export function timeIn(value: JsonObject, name: string, peer: RunningProcess): string {
  return new Date(numberIn(value, name, peer)).toISOString();
}

/** The dead letters that are meant, page by page. @throws CommandError */
export async function* askForPages(
  peer: RunningProcess,
  filter: DeadLetterFilter,
  limit: number,
): AsyncGenerator<readonly JsonObject[], void, void> {
  let left = limit;
  let after: string | undefined;
  while (left > 0) {
    const size = Math.min(left, PAGE);
    const query = queryFor({ ...filter, limit: size, ...(after !== undefined && { after }) });
    const text = await askProcess(peer, 'deadLetters', { query });
    const lines = text.split('\n').filter((line) => line !== '');
    const page = lines.map((line) => readObject(line, peer));
    if (page.some(({ key }) => typeof key !== 'string')) throw foreignAnswer(peer);
    if (page.length > 0) yield page;
    if (page.length < size) return;
    left -= page.length;
    after = textIn(page.at(-1) ?? {}, 'key');
  }
}

/** Groups, as the process answers. */
export interface AskedGroups {
  readonly answer: JsonObject;
  readonly groups: readonly JsonObject[];
  /** Of all groups together. */
  readonly count: number;
  readonly isPartial: boolean;
}

/** @throws CommandError */
export async function askForGroups(peer: RunningProcess, filter: DeadLetterFilter): Promise<AskedGroups> {
  const answer = await askForObject(peer, 'deadLetterGroups', { query: queryFor(filter) });
  if (!Array.isArray(answer.groups)) throw foreignAnswer(peer);
  const groups = answer.groups.filter(isJsonObject);
  const count = groups.reduce((sum, group) => sum + numberIn(group, 'count', peer), 0);
  return { answer, groups, count, isPartial: answer.isPartial === true || numberIn(answer, 'omitted', peer) > 0 };
}
