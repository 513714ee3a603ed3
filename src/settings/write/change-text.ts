// Changes settings in the text of their file: what is not changed stays as it is written, comments, order, quotes and line ends included.

import { isDeepStrictEqual } from 'node:util';
import { type SettingsPath, valueAt } from '../settings-path.js';
import { readYaml } from '../yaml-tree.js';
import { type Change, type Step, stepsOfChanges, withStep } from './change-values.js';
import { mannerOf } from './render-value.js';
import { childOf, composeWithTokens, isSeq, type ParsedNode, type ReadSeq } from './source-text.js';
import { applySplice, type Splice, spliceInsert, spliceRemove, spliceSet } from './splice.js';

/** The form cannot change this text. The message says what a person can do. */
export class TextChangeError extends Error {}

const SHARED =
  'The file writes this in a way that only an edit of its text can change, such as a value that several places share (&name, *name)';

/** Where settings of one workspace stand in a file. */
export interface PlaceInFile {
  /** Which of the YAML documents. */
  readonly document: number;
  /** Where in it. */
  readonly at: SettingsPath;
}

function valuesOf(text: string): readonly unknown[] {
  const reading = readYaml(text);
  if ('faults' in reading) throw new TextChangeError(SHARED);
  return reading.trees.map(({ value }) => value);
}

function spliceOf(text: string, document: number, step: Step, after: unknown): Splice {
  const documents = composeWithTokens(text);
  if (documents.some(({ errors }) => errors.length > 0)) throw new TextChangeError(SHARED);
  const contents = documents[document]?.contents ?? null;
  const ground = { text, manner: mannerOf(text), contents };
  const valueThere = (at: SettingsPath) => valueAt(after, at);
  if (step.kind === 'remove') return spliceRemove(ground, step.at, valueThere);
  if (step.kind === 'insert') {
    let parent: ParsedNode | null | undefined = contents;
    for (const each of step.at.slice(0, -1)) parent = childOf(parent, each);
    if (isSeq(parent) && parent.items.length > 0)
      return spliceInsert(ground, parent as ReadSeq, Number(step.at.at(-1)), step.value);
    // A list that stands elsewhere (an alias) is written here.
    return spliceSet(ground, step.at, valueThere);
  }
  return spliceSet(ground, step.at, valueThere);
}

/**
 * The text with the changes.
 *
 * @param text YAML or JSON without faults of syntax
 * @throws TextChangeError where the text would come to hold anything else than what is asked for
 */
export function changeText(text: string, place: PlaceInFile, changes: readonly Change[]): string {
  const values = valuesOf(text);
  let value = values[place.document];
  let changed = text;
  for (const step of stepsOfChanges(value, place.at, changes)) {
    value = withStep(value, step);
    changed = applySplice(changed, spliceOf(changed, place.document, step, value));
  }
  const expected = values.map((each, index) => (index === place.document ? value : each));
  if (!isDeepStrictEqual(valuesOf(changed), expected)) throw new TextChangeError(SHARED);
  return changed;
}
