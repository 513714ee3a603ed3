// Says how settings are changed: by places that get another value or none.

import { isDeepStrictEqual } from 'node:util';
import { diffArrays } from 'diff';
import { isJsonObject } from '../../model/segment-event.js';
import { type SettingsPath, valueAt } from '../settings-path.js';

/** One change of the settings of a workspace. */
export interface Change {
  /** From the top of its settings. */
  readonly at: SettingsPath;
  /** Absent: the place is taken away. */
  readonly value?: unknown;
}

/** The smallest changes that make one value of another, in an order in which each finds what it speaks of. */
export type Step =
  | { readonly kind: 'set'; readonly at: SettingsPath; readonly value: unknown }
  | { readonly kind: 'insert'; readonly at: SettingsPath; readonly value: unknown }
  | { readonly kind: 'remove'; readonly at: SettingsPath };

/** More steps than these are no edit of rows but another list: it is written anew. */
const MAX_STEPS = 60;

/** A change of a value at its place, as steps. @param most as many, or one that writes it anew */
export function stepsOf(at: SettingsPath, before: unknown, after: unknown, most = MAX_STEPS): readonly Step[] {
  const steps = [...refine(at, before, after)];
  return steps.length <= Math.max(1, most) ? steps : [{ kind: 'set', at, value: after }];
}

function* refine(at: SettingsPath, before: unknown, after: unknown): Generator<Step, void> {
  if (isDeepStrictEqual(before, after)) return;
  if (after === undefined) yield { kind: 'remove', at };
  else if (isFilledObject(before) && isFilledObject(after)) {
    for (const name of Object.keys(after)) yield* refine([...at, name], ownOf(before, name), after[name]);
    for (const name of Object.keys(before))
      if (!Object.hasOwn(after, name)) yield { kind: 'remove', at: [...at, name] };
  } else if (isFilledList(before) && isFilledList(after)) yield* refineList(at, before, after);
  else yield { kind: 'set', at, value: after };
}

function isFilledObject(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && Object.keys(value).length > 0;
}

function isFilledList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** Rows that stay are left alone, with what is said beside them. */
function* refineList(at: SettingsPath, before: readonly unknown[], after: readonly unknown[]): Generator<Step, void> {
  const parts = diffArrays([...before], [...after], {
    comparator: isDeepStrictEqual,
    oneChangePerToken: false,
    maxEditLength: 2 * MAX_STEPS,
  });
  if (parts === undefined) {
    yield { kind: 'set', at, value: after };
    return;
  }
  let index = 0;
  let gone: unknown[] = [];
  const steps: Step[] = [];
  const removeGone = () => {
    for (const _ of gone) steps.push({ kind: 'remove', at: [...at, index] });
    gone = [];
  };
  for (const { added, removed, value } of parts) {
    if (removed) gone.push(...value);
    else if (added) {
      for (const [nth, item] of value.entries()) {
        const isSame = gone.length > 0 && (gone.length === value.length - nth || isAlike(gone[0], item));
        if (isSame) steps.push(...refine([...at, index], gone.shift(), item));
        else steps.push({ kind: 'insert', at: [...at, index], value: item });
        index += 1;
      }
      removeGone();
    } else {
      removeGone();
      index += value.length;
    }
  }
  removeGone();
  // A list that is empty for a moment would be written anew.
  yield* steps.some(({ kind }, at_) => kind === 'remove' && isEmptied(before.length, steps.slice(0, at_ + 1)))
    ? [{ kind: 'set', at, value: after } as const]
    : steps;
}

/** Rows that have a field in common. */
function isAlike(a: unknown, b: unknown): boolean {
  return (
    isJsonObject(a) && isJsonObject(b) && Object.keys(a).some((name) => isDeepStrictEqual(a[name], ownOf(b, name)))
  );
}

function isEmptied(length: number, steps: readonly Step[]): boolean {
  const count = (kind: Step['kind']) => steps.filter((step) => step.kind === kind).length;
  return length + count('insert') - count('remove') <= 0;
}

/** A copy in which no two places share a value. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]));
}

/** Own fields alone: `__proto__` and its like lead to what all values share. */
function ownOf(parent: object, name: string | number): unknown {
  return Object.hasOwn(parent, name) ? Reflect.get(parent, name) : undefined;
}

/** As a field of its own, whatever its name is. */
function put(parent: object, name: string | number, value: unknown): void {
  Object.defineProperty(parent, name, { value, configurable: true, enumerable: true, writable: true });
}

/** The same value after a step. @returns a copy */
export function withStep(whole: unknown, step: Step): unknown {
  const copy = copyOf(whole);
  const name = step.at.at(-1);
  if (name === undefined) return step.kind === 'remove' ? {} : copyOf(step.value);
  let parent = copy as object;
  for (const [depth, each] of step.at.slice(0, -1).entries()) {
    const next = ownOf(parent, each);
    if (typeof next === 'object' && next !== null) {
      parent = next;
      continue;
    }
    if (step.kind === 'remove') return copy;
    const made = typeof step.at[depth + 1] === 'number' ? [] : {};
    put(parent, each, made);
    parent = made;
  }
  if (step.kind === 'set') put(parent, name, copyOf(step.value));
  else if (Array.isArray(parent)) {
    if (step.kind === 'insert') parent.splice(Number(name), 0, copyOf(step.value));
    else parent.splice(Number(name), 1);
  } else Reflect.deleteProperty(parent, name);
  return copy;
}

/** Names that lead out of a value, to what all values of the process share. No setting is called so. */
const SHARED_NAMES: ReadonlySet<string | number> = new Set(['__proto__', 'constructor', 'prototype']);

/** What keeps a change from having a place; undefined where it has one. An index far behind the end of a list would make one of millions of holes. */
function findPlaceFault(whole: unknown, at: SettingsPath): string | undefined {
  let current = whole;
  for (const step of at) {
    if (SHARED_NAMES.has(step)) return `${step} is the name of no setting`;
    if (Array.isArray(current)) {
      if (typeof step !== 'number') return `a list has positions, and none is called ${step.slice(0, 100)}`;
      if (!(Number.isInteger(step) && step >= 0 && step <= current.length))
        return `the list has ${current.length} items, and no position ${step}`;
    } else if (typeof step === 'number' && (isJsonObject(current) || step !== 0))
      return `there is no list that has the position ${step}`;
    current = valueAt(current, [step]);
  }
  return undefined;
}

/** A change whose place no settings have, or whose value is none of settings. What follows `changes[0].` is the message. */
export class PlaceError extends Error {
  /** Which of the changes. */
  readonly index: number;

  constructor(index: number, message: string) {
    super(message);
    this.index = index;
  }
}

/** All changes, one after the other. @param at where the settings stand in the whole @throws PlaceError */
export function stepsOfChanges(whole: unknown, at: SettingsPath, changes: readonly Change[]): readonly Step[] {
  let current = whole;
  let left = MAX_STEPS;
  return changes.flatMap(({ at: place, value }, index) => {
    const fault = findPlaceFault(valueAt(current, at), place);
    if (fault !== undefined) throw new PlaceError(index, `path leads nowhere: ${fault}`);
    const path = [...at, ...place];
    const steps = stepsOf(path, valueAt(current, path), value, left);
    left -= steps.length;
    for (const step of steps) current = withStep(current, step);
    return steps;
  });
}
