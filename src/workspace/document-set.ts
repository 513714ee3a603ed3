// Puts the documents of all files together and finds those that claim the same thing.

import type { Claim } from './claims.js';
import type { ParsedDocuments } from './document.js';
import { withoutKeys } from './secret-reference.js';
import type { DocumentFault } from './settings-error.js';

/**
 * All documents, with one more fault for each claim that an earlier document already has.
 * Naming the same destination twice within one document is harmless and no fault.
 */
export function mergeDocuments(parsed: readonly ParsedDocuments[]): ParsedDocuments {
  const claims = parsed.flatMap((each) => each.claims);
  const faults = [...parsed.flatMap((each) => each.faults), ...findConflicts(claims)];
  return {
    documents: faults.length > 0 ? [] : parsed.flatMap((each) => each.documents),
    faults,
    claims,
    secretFiles: [...new Set(parsed.flatMap((each) => each.secretFiles))],
  };
}

function findConflicts(claims: readonly Claim[]): DocumentFault[] {
  const first = new Map<string, Claim>();
  return claims.flatMap((claim) => {
    const { kind, value, shown, owner, source, line, column, path } = claim;
    const key = JSON.stringify([kind, value]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, claim);
    if (earlier === undefined || earlier.owner === owner) return [];
    const subject = shown === undefined ? `the ${kind}` : `the ${kind} ${withoutKeys(shown)}`;
    const message = `${subject} already belongs to ${earlier.source}:${earlier.line}:${earlier.column}`;
    return [{ source, line, column, path, message }];
  });
}
