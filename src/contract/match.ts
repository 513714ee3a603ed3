// Compares what came with what a fixture expects.

import { parseJson } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import type { Json } from './fixture.js';
import { isFields, type JsonFields, onlyField, PLACEHOLDER } from './placeholders.js';

/** One thing that is not as expected. */
export interface Difference {
  /** `response.body.rejected[0].code`. */
  readonly where: string;
  /** `undefined`: it should not be there. */
  readonly expected: Json | undefined;
  /** `undefined`: it is not there. */
  readonly actual: Json | undefined;
}

/** When the plugin can have received a request. */
export interface Received {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** What one run of a fixture knows. */
export interface MatchContext {
  readonly received: Received;
  /** Ids by their suffix: `{{id:a}}`. */
  readonly ids: Map<string, string>;
}

/** Placeholders of what is expected and any text, as parts of a regular expression. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ['text', '[\\s\\S]*'],
  ['uuid', '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}'],
  ['time', '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z'],
]);
const TIME = PARTS.get('time') ?? '';

/** Text that a placeholder stands for has to be checked by this. */
type Check = (text: string) => boolean;

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function isReceived(ms: number, offset: number, { received }: MatchContext): boolean {
  return ms - offset >= received.from && ms - offset <= received.to;
}

/** The same id wherever it is called the same, another one than those that are called otherwise. */
function checkId(suffix: string, { ids }: MatchContext): Check {
  return (text) => {
    const known = ids.get(suffix);
    if (known !== undefined) return known === text;
    if (text === '' || [...ids.values()].includes(text)) return false;
    ids.set(suffix, text);
    return true;
  };
}

const RECEIVED_AT = /^receivedAt(Ms)?([+-]\d+)?$/;

/** @returns the part of the expression, and the check of what it finds */
function partOf(name: string, context: MatchContext): readonly [string, Check | undefined] | undefined {
  const part = PARTS.get(name);
  if (part !== undefined) return [part, undefined];
  if (name.startsWith('id:')) return ['([\\s\\S]+?)', checkId(name.slice(3), context)];
  const [moment, isNumber, offset = '0'] = RECEIVED_AT.exec(name) ?? [];
  if (moment === undefined) return undefined;
  if (isNumber !== undefined) return ['(\\d+)', (text) => isReceived(Number(text), Number(offset), context)];
  return [`(${TIME})`, (text) => isReceived(Date.parse(text), Number(offset), context)];
}

function textMatches(expected: string, actual: string, context: MatchContext): boolean {
  if (!expected.includes('{{')) return expected === actual;
  const checks: Check[] = [];
  let pattern = '';
  let end = 0;
  for (const { 0: whole, 1: name = '', index } of expected.matchAll(PLACEHOLDER)) {
    const part = partOf(name, context);
    pattern += literally(expected.slice(end, index)) + (part?.[0] ?? literally(whole));
    if (part?.[1] !== undefined) checks.push(part[1]);
    end = index + whole.length;
  }
  const found = new RegExp(`^${pattern}${literally(expected.slice(end))}$`).exec(actual);
  return found !== null && checks.every((check, index) => check(found[index + 1] ?? ''));
}

/** A string stands for more than strings where it is nothing but one of these. */
function wholeMatches(expected: string, actual: Json, context: MatchContext): boolean {
  if (expected === '{{any}}') return true;
  if (expected === '{{number}}') return typeof actual === 'number';
  const [moment, isNumber, offset = '0'] = RECEIVED_AT.exec(expected.slice(2, -2)) ?? [];
  if (moment !== undefined && isNumber !== undefined && expected.startsWith('{{'))
    return typeof actual === 'number' && isReceived(actual, Number(offset), context);
  return typeof actual === 'string' && textMatches(expected, actual, context);
}

const OTHERS = '{{others}}';
const ABSENT = '{{absent}}';

function compareFields(expected: JsonFields, actual: JsonFields, where: string, context: MatchContext): Difference[] {
  const differences = Object.keys(expected).flatMap((name) => {
    if (name === OTHERS) return [];
    const there = Object.hasOwn(actual, name) ? actual[name] : undefined;
    if (expected[name] === ABSENT && there === undefined) return [];
    return compare(expected[name], there, `${where}.${name}`, context);
  });
  if (Object.hasOwn(expected, OTHERS)) return differences;
  for (const name of Object.keys(actual)) {
    if (!Object.hasOwn(expected, name))
      differences.push({ where: `${where}.${name}`, expected: undefined, actual: actual[name] });
  }
  return differences;
}

/** Finds each expected value somewhere in the list. */
function compareSet(expected: readonly Json[], actual: readonly Json[], where: string, context: MatchContext) {
  const rest = new Map<string, Json[]>();
  for (const each of actual) {
    const text = JSON.stringify(each);
    const equal = rest.get(text) ?? [];
    rest.set(text, [...equal, each]);
  }
  const take = (text: string) => {
    const equal = rest.get(text) ?? [];
    equal.pop();
    if (equal.length === 0) rest.delete(text);
  };
  const missing = expected.filter((each) => {
    const text = JSON.stringify(each);
    const found = rest.has(text)
      ? text
      : [...rest].find(([, [other = null]]) => compare(each, other, where, context).length === 0)?.[0];
    if (found !== undefined) take(found);
    return found === undefined;
  });
  return [
    ...missing.map((each): Difference => ({ where: `${where}[any]`, expected: each, actual: undefined })),
    ...[...rest.values()].flat().map(
      (each): Difference => ({
        where: `${where}[any]`,
        expected: undefined,
        actual: each,
      }),
    ),
  ];
}

function compareLists(expected: readonly Json[], actual: readonly Json[], where: string, context: MatchContext) {
  return Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) =>
    compare(expected[index], actual[index], `${where}[${index}]`, context),
  ).flat();
}

function compareBase64(expected: Json, actual: Json, where: string, context: MatchContext): Difference[] {
  if (typeof actual !== 'string') return [{ where, expected, actual }];
  const text = Buffer.from(actual, 'base64').toString();
  return compare(expected, typeof expected === 'string' ? text : (parseJson(text, false) as Json), where, context);
}

/**
 * What is not as expected.
 *
 * @param expected with the values of the run; `undefined`: it should not be there
 * @param where begins the place of each difference
 */
export function compare(
  expected: Json | undefined,
  actual: Json | undefined,
  where: string,
  context: MatchContext,
): Difference[] {
  const different = [{ where, expected, actual }];
  if (expected === undefined || actual === undefined) return expected === actual ? [] : different;
  if (typeof expected === 'string') return wholeMatches(expected, actual, context) ? [] : different;
  const base64 = onlyField(expected, '{{base64}}');
  if (base64 !== undefined) return compareBase64(base64, actual, where, context);
  const set = onlyField(expected, '{{anyOrder}}') as readonly Json[] | undefined;
  if (set !== undefined) return Array.isArray(actual) ? compareSet(set, actual, where, context) : different;
  if (Array.isArray(expected))
    return Array.isArray(actual) ? compareLists(expected, actual, where, context) : different;
  if (isFields(expected)) return isFields(actual) ? compareFields(expected, actual, where, context) : different;
  return Object.is(expected, actual) || expected === actual ? [] : different;
}
