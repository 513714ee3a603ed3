// Puts the documents of all files together and finds those with the same unique value.

import { createBreather } from '../base/breather.js';
import type { ParsedDocuments, PlacedWarning } from './document.js';
import { withoutKeys } from './secret-reference.js';
import type { DocumentFault } from './settings-error.js';
import type { UniqueValue } from './unique-values.js';

/** The documents of all files together. */
export interface MergedDocuments extends Pick<ParsedDocuments, 'documents' | 'faults' | 'secretFiles'> {
  readonly warnings: readonly DocumentFault[];
}

/**
 * All documents, with one more fault for each unique value that an earlier document already has.
 * Naming the same destination twice within one document is harmless and no fault.
 */
export async function mergeDocuments(parsed: Iterable<ParsedDocuments>): Promise<MergedDocuments> {
  const breathe = createBreather();
  const documents = [];
  const faults = [];
  const conflicts = [];
  const warnings: PlacedWarning[] = [];
  const secretFiles = new Set<string>();
  const first = new Map<string, UniqueValue>();
  for (const each of parsed) {
    await breathe();
    documents.push(...each.documents);
    faults.push(...each.faults);
    warnings.push(...each.warnings);
    for (const file of each.secretFiles) secretFiles.add(file);
    for (const unique of each.uniqueValues) {
      const conflict = findConflict(first, unique);
      if (conflict !== undefined) conflicts.push(conflict);
    }
  }
  const all = [...faults, ...conflicts];
  return {
    documents: all.length > 0 ? [] : documents,
    faults: all,
    warnings: warnings.map(({ message, place }) => ({ ...place(), message })),
    secretFiles: [...secretFiles],
  };
}

/** @param first of each unique value so far; this one is added unless there is an earlier one */
function findConflict(first: Map<string, UniqueValue>, unique: UniqueValue): DocumentFault | undefined {
  const { kind, value, shown, owner } = unique;
  const key = `${kind}\n${value}`;
  const earlier = first.get(key);
  if (earlier === undefined) first.set(key, unique);
  if (earlier === undefined || earlier.owner === owner) return undefined;
  const subject = shown === undefined ? `the ${kind}` : `the ${kind} ${withoutKeys(shown)}`;
  const there = earlier.place();
  return { ...unique.place(), message: `${subject} already belongs to ${there.source}:${there.line}:${there.column}` };
}
