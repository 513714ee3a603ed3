// The texts of settings files with claims in them, and without them again.

import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { JsonObject } from '../../model/segment-event.js';
import { changeText, TextChangeError } from '../../settings/write/change-text.js';
import { type Change, PlaceError } from '../../settings/write/change-values.js';
import { ConnectError } from '../connection.js';
import { MADE_HERE } from '../settings-file.js';
import { itemsRemoved } from '../settings-lists.js';
import type { Claim } from './claims.js';
import type { Written, WrittenPart } from './record.js';
import { CLAIMS, claimedBy, type FoundDocument, type SettingsDocuments } from './settings-documents.js';

/** A file, and what it is to hold. */
export interface ChangedFile {
  readonly file: string;
  /** `undefined`: it is not there yet. */
  readonly before: string | undefined;
  /** `undefined`: nothing is left in it that was not made by connecting. */
  readonly after: string | undefined;
}

/** Ids of the documents that a file gets or loses something of, in their order. */
type Changed = Map<string, { readonly document: FoundDocument; readonly changes: readonly Change[] }[]>;

function newText(documentId: string, part: WrittenPart): string {
  const filled = CLAIMS.filter((name) => part[name].length > 0);
  return stringify({
    id: documentId,
    ...(part.secretKey !== undefined && { secretKey: part.secretKey }),
    ...(filled.length > 0 && { rudderstack: Object.fromEntries(filled.map((name) => [name, part[name]])) }),
  });
}

function withChanges(
  file: string,
  text: string,
  rows: readonly { document: FoundDocument; changes: readonly Change[] }[],
) {
  try {
    return rows.reduce((before, { document, changes }) => changeText(before, document.place, changes), text);
  } catch (error) {
    if (error instanceof TextChangeError || error instanceof PlaceError)
      throw new ConnectError(
        'settings',
        `${file} cannot be changed by a program: ${error.message}. Change it in an editor.`,
      );
    throw error;
  }
}

function add(changed: Changed, document: FoundDocument, changes: readonly Change[]): void {
  if (changes.length === 0) return;
  const rows = changed.get(document.file) ?? [];
  rows.push({ document, changes });
  changed.set(document.file, rows);
}

/** What a claim adds to its document; what is there already is not in it. */
export function partOf({ document, ...claim }: Claim, secretKey: string | undefined, keyFile?: string): WrittenPart {
  const isNew = secretKey !== undefined && document?.value.secretKey === undefined;
  return {
    destinationIds: claim.destinationIds,
    workspaceIds: claim.workspaceIds,
    sourceIds: claim.sourceIds,
    ...(isNew && { secretKey, ...(keyFile !== undefined && { keyFile }) }),
  };
}

function changesOf(document: FoundDocument, part: WrittenPart): readonly Change[] {
  const lists = CLAIMS.filter((name) => part[name].length > 0).map((name) => ({
    at: ['rudderstack', name],
    value: [...claimedBy(document, name), ...part[name]],
  }));
  return [...(part.secretKey === undefined ? [] : [{ at: ['secretKey'], value: part.secretKey }]), ...lists];
}

function isEmptyPart(part: WrittenPart): boolean {
  return CLAIMS.every((name) => part[name].length === 0) && part.secretKey === undefined;
}

/** @param parts by ids of documents, in the order in which new ones are written @throws ConnectError */
export function textsWithClaims(
  settings: SettingsDocuments,
  claims: readonly Claim[],
  parts: Written,
): readonly ChangedFile[] {
  const changed: Changed = new Map();
  const fresh: string[] = [];
  for (const { documentId, document } of claims) {
    const part = parts.get(documentId);
    if (part === undefined) continue;
    if (document !== undefined) add(changed, document, changesOf(document, part));
    else if (!isEmptyPart(part)) fresh.push(newText(documentId, part));
  }
  const files = new Map(
    [...changed].map(([file, rows]) => [file, withChanges(file, settings.texts.get(file) ?? '', rows)] as const),
  );
  const { newFile } = settings;
  if (fresh.length > 0) {
    const before = files.get(newFile) ?? settings.texts.get(newFile);
    if (before !== undefined && /^\s*[{[]/.test(before))
      throw new ConnectError(
        'settings',
        `${newFile} is JSON, to which a program adds no workspace. Name the workspace that is there (--workspace), or a settings directory.`,
      );
    const start = before === undefined ? `${MADE_HERE}\n` : `${before.replace(/\n?$/, '\n')}---\n`;
    files.set(newFile, `${start}${fresh.join('---\n')}`);
  }
  return [...files].map(([file, after]) => ({ file, before: settings.texts.get(file), after }));
}

function withoutPart({ value }: FoundDocument, part: WrittenPart): readonly Change[] {
  const keys = part.secretKey !== undefined && value.secretKey === part.secretKey ? [{ at: ['secretKey'] }] : [];
  const places = CLAIMS.map((name) => {
    const gone = new Set<unknown>(part[name]);
    return { at: ['rudderstack', name] as const, isGone: (row: unknown) => gone.has(row) };
  });
  return [...keys, ...itemsRemoved(value, places)];
}

/** A document that holds what was written and nothing else. */
function isOursAlone({ id, value }: FoundDocument, part: WrittenPart): boolean {
  const { rudderstack = {}, secretKey, id: _id, ...others } = value;
  if (Object.keys(others).length > 0 || (secretKey !== undefined && secretKey !== part.secretKey)) return false;
  const left = withoutPart({ id, value } as FoundDocument, part);
  return (
    isDeepStrictEqual(rudderstack, {}) ||
    left.some(({ at, value: rest }) => at.length === 1 && at[0] === 'rudderstack' && rest === undefined)
  );
}

/** Takes a document out where it stands as it was written. */
function withoutDocument(text: string, value: JsonObject, part: WrittenPart): string | undefined {
  const written = newText(String(value.id), { ...part, ...claimsIn(value) });
  const at = `---\n${written}`;
  return text.endsWith(at) ? text.slice(0, -at.length) : undefined;
}

function claimsIn(value: JsonObject): Pick<WrittenPart, (typeof CLAIMS)[number]> {
  const found = { value } as FoundDocument;
  return {
    destinationIds: claimedBy(found, 'destinationIds'),
    workspaceIds: claimedBy(found, 'workspaceIds'),
    sourceIds: claimedBy(found, 'sourceIds'),
  };
}

/** @throws ConnectError */
export function textsWithoutClaims(settings: SettingsDocuments, written: Written): readonly ChangedFile[] {
  const files: ChangedFile[] = [];
  for (const [file, before] of settings.texts) {
    const own = settings.documents.filter((document) => document.file === file);
    const parts = own.flatMap((document) => {
      const part = written.get(document.id);
      return part === undefined ? [] : [{ document, part }];
    });
    const changed: Changed = new Map();
    for (const { document, part } of parts) add(changed, document, withoutPart(document, part));
    if (changed.size === 0) continue;
    if (
      before.startsWith(MADE_HERE) &&
      own.length === parts.length &&
      parts.every(({ document, part }) => isOursAlone(document, part))
    ) {
      files.push({ file, before, after: undefined });
      continue;
    }
    // From the end, where they were added.
    let text = before;
    const rows = (changed.get(file) ?? []).toReversed().filter(({ document }) => {
      const part = written.get(document.id);
      const cut =
        part !== undefined && isOursAlone(document, part) ? withoutDocument(text, document.value, part) : undefined;
      text = cut ?? text;
      return cut === undefined;
    });
    files.push({ file, before, after: withChanges(file, text, rows) });
  }
  return files;
}
