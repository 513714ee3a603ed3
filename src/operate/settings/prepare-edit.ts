// Works out what an edit makes of its file, and whether that works: nothing is written.

import { PluginError } from '../../base/errors.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { DocumentFault } from '../../settings/settings-error.js';
import { describedValues } from '../../settings/settings-schema.js';
import { changeText, TextChangeError } from '../../settings/write/change-text.js';
import type { EditChecker } from '../../settings/write/check-edit.js';
import { putKeysBack } from '../../settings/write/hidden-keys.js';
import { workspacesIn } from '../../settings/write/settings-files.js';
import type { OpenDocument } from './read-document.js';
import type { SettingsEdit, SettingsRemark } from './shapes.js';

/** An edit that has been checked. */
export interface PreparedEdit {
  /** The whole file, with its keys; `undefined` where the edit cannot be made. */
  readonly text: string | undefined;
  /** As it may be shown to who made the edit. */
  readonly shown: string;
  /** The settings of the workspace after it; absent where the text names it no more. */
  readonly value?: Readonly<Record<string, unknown>>;
  readonly faults: readonly SettingsRemark[];
  readonly warnings: readonly SettingsRemark[];
  /** All documents after it; none where there are faults. */
  readonly documents: readonly WorkspaceDocument[];
}

export function toRemark({ source, line, column, path, message }: DocumentFault): SettingsRemark {
  return { file: source, path, message, ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}

/** The whole file after an edit, as it is shown. @throws TextChangeError, PluginError SETTINGS_EDIT_INVALID */
export function applyEdit({ shown, own }: OpenDocument, { changes, text }: SettingsEdit): string {
  if ((changes === undefined) === (text === undefined)) throw new PluginError('SETTINGS_EDIT_INVALID');
  if (text !== undefined) return text;
  return changeText(
    shown.shown,
    own.place,
    (changes ?? []).map(({ path, ...rest }) => ({ at: path, ...rest })),
  );
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

/** @param edit of this very version of the document @param mayName whether it may name variables and files that the file does not name */
export async function prepareEdit(
  document: OpenDocument,
  edit: SettingsEdit,
  checker: EditChecker,
  mayName: boolean,
): Promise<PreparedEdit> {
  const { file, shown, workspace } = document;
  try {
    const after = applyEdit(document, edit);
    const known = mayName ? undefined : referencesIn(shown.shown, file);
    if (known !== undefined && [...referencesIn(after, file)].some((reference) => !known.has(reference)))
      throw new TextChangeError('names a variable or file that is looked up only for who may save');
    const text = putKeysBack(after, shown);
    const { faults, warnings, documents } = await checker.check(file, text);
    const value = workspacesIn(after, file).find(({ id }) => id === workspace)?.value;
    return {
      text,
      shown: after,
      ...(isJsonObject(value) && { value }),
      faults: faults.map(toRemark),
      warnings: warnings.map(toRemark),
      documents,
    };
  } catch (error) {
    if (!(error instanceof TextChangeError)) throw error;
    const fault = { file, path: '', message: error.message };
    return { text: undefined, shown: shown.shown, faults: [fault], warnings: [], documents: [] };
  }
}
