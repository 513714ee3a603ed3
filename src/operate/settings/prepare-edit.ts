// Works out what an edit makes of its file, and whether that works: nothing is written.

import { PluginError } from '../../base/errors.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { DocumentFault } from '../../settings/settings-error.js';
import { describedValues } from '../../settings/settings-schema.js';
import { changeText, TextChangeError } from '../../settings/write/change-text.js';
import { PlaceError } from '../../settings/write/change-values.js';
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

/** Levels of lists and mappings in a value: as many as in a text. Each takes a part of the stack. */
const MAX_LEVELS = 100;

/** Without taking any stack itself. */
function isDeeper(value: unknown, levels: number): boolean {
  const open: { readonly value: unknown; readonly left: number }[] = [{ value, left: levels }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.left === 0) return true;
    for (const part of Object.values(next.value)) open.push({ value: part, left: next.left - 1 });
  }
  return false;
}

/** The whole file after an edit, as it is shown. @throws TextChangeError, PluginError SETTINGS_EDIT_INVALID, REQUEST_INVALID */
export function applyEdit({ shown, own }: OpenDocument, { changes, text }: SettingsEdit): string {
  if ((changes === undefined) === (text === undefined)) throw new PluginError('SETTINGS_EDIT_INVALID');
  if (text !== undefined) return text;
  const places = (changes ?? []).map(({ path, ...rest }) => ({ at: path, ...rest }));
  const tooDeep = places.findIndex(({ value }) => isDeeper(value, MAX_LEVELS));
  if (tooDeep !== -1)
    throw new PluginError(
      'REQUEST_INVALID',
      `body.changes[${tooDeep}].value has more than ${MAX_LEVELS} levels, and no settings have ten`,
    );
  try {
    return changeText(shown.shown, own.place, places);
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    const { index, message } = error;
    throw new PluginError('REQUEST_INVALID', `body.changes[${index}].path leads nowhere: ${message}`);
  }
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
