// Remembers what workspaces had, so that one that has lost a key is not taken for one that never had it.

import type { LostPart, WorkspaceDocument } from './workspace-document.js';

/** What a document has of what deliveries need. */
function partsOf({ secretKey, consoleKey, outbound }: WorkspaceDocument): readonly LostPart[] {
  return [
    ...(secretKey === undefined ? [] : (['secretKey'] as const)),
    ...(consoleKey === undefined ? [] : (['consoleKey'] as const)),
    ...(outbound.targets.length === 0 ? [] : (['targets'] as const)),
  ];
}

/** What workspaces had since the start, and before it as far as what waits on disk shows. */
export interface PartsMemory {
  /** A part that the workspace had. @returns whether that is news */
  note(workspaceId: string, part: LostPart): boolean;
  /** Notes what the document has, and gives it with what it has lost. */
  withLost(document: WorkspaceDocument): WorkspaceDocument;
}

/** Nothing is remembered at first. */
export function createPartsMemory(): PartsMemory {
  const had = new Map<string, Set<LostPart>>();

  function note(workspaceId: string, part: LostPart): boolean {
    const parts = had.get(workspaceId);
    if (parts?.has(part)) return false;
    had.set(workspaceId, (parts ?? new Set()).add(part));
    return true;
  }

  return {
    note,
    withLost(document) {
      const has = partsOf(document);
      for (const part of has) note(document.id, part);
      const lost = [...(had.get(document.id) ?? [])].filter((part) => !has.includes(part)).sort();
      return lost.length === 0 ? document : { ...document, lost, isOpen: false };
    },
  };
}
