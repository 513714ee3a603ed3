// Makes an edit of the text of a settings file, before anything is checked as settings.

import type { SettingsPath } from '../settings-path.js';
import { describedValues } from '../settings-schema.js';
import { changeText, type PlaceInFile, TextChangeError } from './change-text.js';
import type { Change } from './change-values.js';
import { type HiddenKeys, putKeysBack } from './hidden-keys.js';
import { workspacesIn } from './settings-files.js';

/** What is changed, in one of two ways. */
export type TextEdit = { readonly text: string } | { readonly changes: Changes };

type Changes = readonly { readonly path: SettingsPath; readonly value?: unknown }[];

/** An edit of one workspace of a file. */
export interface EditOrder {
  readonly file: string;
  readonly shown: HiddenKeys;
  readonly workspace: string;
  readonly place: PlaceInFile;
  readonly edit: TextEdit;
  /** Whether it may name variables and files that the file does not name. */
  readonly mayName: boolean;
}

/** What it makes of the file. */
export interface EditMade {
  /** As it may be shown to who made the edit. */
  readonly shown: string;
  /** With its keys. */
  readonly text: string;
  /** The settings of the workspace; `undefined` where the text names it no more. */
  readonly value: unknown;
}

const toChange = ({ path, ...rest }: Changes[number]): Change => ({ at: path, ...rest });

/** The whole file after an edit, as it is shown. @throws TextChangeError, PlaceError */
export function editedText({ shown, place, edit }: Pick<EditOrder, 'shown' | 'place' | 'edit'>): string {
  return 'text' in edit ? edit.text : changeText(shown.shown, place, edit.changes.map(toChange));
}

/** Variables and files that a text names as keys. */
function referencesIn(text: string, file: string): ReadonlySet<string> {
  const values = workspacesIn(text, file).flatMap(({ value }) => [...describedValues(value)]);
  return new Set(
    values.flatMap(({ schema, value }) =>
      schema.secret && typeof value === 'string' && /^(?:env|file):/.test(value) ? [value] : [],
    ),
  );
}

/** @throws TextChangeError, PlaceError */
export function makeEdit(order: EditOrder): EditMade {
  const { file, shown, workspace, mayName } = order;
  const after = editedText(order);
  const known = mayName ? undefined : referencesIn(shown.shown, file);
  if (known !== undefined && [...referencesIn(after, file)].some((reference) => !known.has(reference)))
    throw new TextChangeError('names a variable or file that is looked up only for who may save');
  const text = putKeysBack(after, shown);
  return { shown: after, text, value: workspacesIn(after, file).find(({ id }) => id === workspace)?.value };
}
