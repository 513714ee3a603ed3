// Tells whether a change of the settings left a document as it was.

import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../base/secret.js';
import type { WorkspaceDocument } from './workspace-document.js';

/** Secrets are equal when what they hold is, which only they can tell. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revealed(part)]));
}

/** True when two documents hold the same, secrets included. */
export function isSameDocument(a: WorkspaceDocument, b: WorkspaceDocument): boolean {
  return isDeepStrictEqual(revealed(a), revealed(b));
}
