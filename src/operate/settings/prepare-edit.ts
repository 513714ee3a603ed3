// Works out what an edit makes of its file, and whether that works: nothing is written.

import { PluginError } from '../../base/errors.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { DocumentFault } from '../../settings/settings-error.js';
import { TextChangeError } from '../../settings/write/change-text.js';
import { PlaceError } from '../../settings/write/change-values.js';
import type { EditChecker } from '../../settings/write/check-edit.js';
import type { TextEdit } from '../../settings/write/make-edit.js';
import { MAX_TEXT } from '../../settings/write/settings-files.js';
import { workAside } from '../../settings/write/text-aside.js';
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
export const MAX_LEVELS = 100;

/** How many characters a value has about; stops where it has too many, or too many levels, and takes no stack itself. */
export function measure(value: unknown): number | 'deep' {
  const open: { readonly value: unknown; readonly left: number }[] = [{ value, left: MAX_LEVELS }];
  let characters = 0;
  for (let next = open.pop(); next !== undefined && characters <= MAX_TEXT; next = open.pop()) {
    characters += typeof next.value === 'string' ? next.value.length + 2 : 2;
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.left === 0) return 'deep';
    const isList = Array.isArray(next.value);
    for (const name in next.value) {
      if (!isList) characters += name.length + 2;
      if (characters > MAX_TEXT) break;
      open.push({ value: Reflect.get(next.value, name), left: next.left - 1 });
    }
  }
  return characters;
}

function invalid(text: string): PluginError {
  return new PluginError('REQUEST_INVALID', text);
}

/** @throws PluginError SETTINGS_EDIT_INVALID, REQUEST_INVALID */
function readEdit({ changes, text }: SettingsEdit): { readonly edit: TextEdit; readonly characters: number } {
  if (text !== undefined && changes === undefined) {
    if (text.length > MAX_TEXT)
      throw invalid(`body.text has more than ${MAX_TEXT} characters: write it with an editor`);
    return { edit: { text }, characters: text.length };
  }
  if (changes === undefined || text !== undefined) throw new PluginError('SETTINGS_EDIT_INVALID');
  let characters = 0;
  for (const [index, { value }] of changes.entries()) {
    const size = measure(value);
    if (size === 'deep')
      throw invalid(`body.changes[${index}].value has more than ${MAX_LEVELS} levels, and no settings have ten`);
    characters += size;
    if (characters > MAX_TEXT)
      throw invalid(`body.changes have more than ${MAX_TEXT} characters: write them with an editor`);
  }
  return { edit: { changes }, characters };
}

/** @throws TextChangeError, PluginError REQUEST_INVALID */
async function workOnEdit<Made>(work: Promise<Made>): Promise<Made> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    throw invalid(`body.changes[${error.index}].${error.message}`);
  }
}

/** How much an edit is to work out: a change reads the whole text, and one of a list or an object may be many. */
function weightOf({ shown }: OpenDocument, edit: TextEdit, characters: number): number {
  const times = 'text' in edit ? 1 : edit.changes.length * (characters > 1_000 ? 20 : 2);
  return characters + shown.shown.length * times;
}

/** The whole file after an edit, as it is shown. @throws TextChangeError, PluginError SETTINGS_EDIT_INVALID, REQUEST_INVALID */
export async function applyEdit(document: OpenDocument, asked: SettingsEdit): Promise<string> {
  const { edit, characters } = readEdit(asked);
  const { shown, own } = document;
  const order = { shown, place: own.place, edit };
  return workOnEdit(workAside('apply', weightOf(document, edit, characters), order));
}

/** @param asked of this very version of the document @param mayName whether it may name variables and files that the file does not name */
export async function prepareEdit(
  document: OpenDocument,
  asked: SettingsEdit,
  checker: EditChecker,
  mayName: boolean,
): Promise<PreparedEdit> {
  const { file, shown, own, workspace } = document;
  try {
    const { edit, characters } = readEdit(asked);
    const order = { file, shown, workspace, place: own.place, edit, mayName };
    const made = await workOnEdit(workAside('edit', weightOf(document, edit, characters), order));
    const { text, shown: after, value } = made;
    if (after.length > MAX_TEXT) throw new TextChangeError(`would have more than ${MAX_TEXT} characters`);
    const { faults, warnings, documents } = await checker.check(file, text);
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
