// Recognises what programs write where they have no id.

import type { Notes } from '../model/notes.js';
import { isVisible } from './visible-id.js';

/** How languages write what is not there, and the device id of people who do not want to be tracked. */
const DOUBTFUL: ReadonlySet<string> = new Set([
  'undefined',
  'null',
  'NULL',
  '[object Object]',
  'NaN',
  'None',
  'nil',
  '<nil>',
  '<null>',
  '(null)',
  '00000000-0000-0000-0000-000000000000',
]);

const NOTES: Notes = ['doubtful_id'];

/** False for an id of which nothing can be seen, and for one that a program writes for none: events that have it have nothing in common. */
export function tellsApart(id: string): boolean {
  return isVisible(id) && !DOUBTFUL.has(id);
}

/** What is to be noted of an id, if there is one. */
export function noteId(id: string | undefined): Notes | undefined {
  return id !== undefined && DOUBTFUL.has(id) ? NOTES : undefined;
}

/** The same of several. */
export function noteAnyId(ids: Iterable<string>): Notes | undefined {
  for (const id of ids) if (DOUBTFUL.has(id)) return NOTES;
  return undefined;
}
