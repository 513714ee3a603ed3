// Leaves out of what is told of an event what is nested too deep to be written.

import { toJsonText } from '../../base/json.js';

/** Levels around a field where it is written, generously: what is left of the stack is less there. */
const AROUND = 100;

function canBeWritten(field: unknown): boolean {
  let value: object = [field];
  for (let level = 1; level < AROUND; level += 1) value = [value];
  return toJsonText(value) !== undefined;
}

/**
 * What is told of one event, with an empty list, or nothing, in place of each field that is nested too deep: parsing needs no stack, writing does, and what is told holds the event as it came, which the process may take
 * without ever writing it whole.
 *
 * @param onLeftOut told the names of those fields, as a sentence
 */
export function leaveOutDeep<Told extends object>(told: Told, onLeftOut: (remark: string) => void): Told {
  if (canBeWritten(told)) return told;
  const names: string[] = [];
  const fields = Object.entries(told).flatMap(([name, field]) => {
    if (canBeWritten(field)) return [[name, field] as const];
    names.push(name);
    return Array.isArray(field) ? [[name, []] as const] : [];
  });
  onLeftOut(`Nested too deep to be shown, and left out: ${names.join(', ')}.`);
  return Object.fromEntries(fields) as Told;
}
