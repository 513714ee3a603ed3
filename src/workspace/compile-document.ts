// Compiles the workspaces of settings documents, each once per revision.

import { type CacheCounts, createCompiledCache } from './cache.js';
import { compileWorkspace } from './compile.js';
import type { CompiledWorkspace } from './compiled-workspace.js';
import type { WorkspaceDocument } from './document.js';
import type { WorkspaceStore } from './store.js';

/** Compiles documents in force. */
export interface DocumentCompiler {
  /** Events are named by the preset `segment` unless the settings say otherwise. */
  compile(document: WorkspaceDocument): CompiledWorkspace;
  counts(): CacheCounts;
}

/** @param size compiled workspaces kept */
export function createDocumentCompiler(store: Pick<WorkspaceStore, 'generation'>, size: number): DocumentCompiler {
  const cache = createCompiledCache<CompiledWorkspace>(size);
  return {
    compile: (document) =>
      cache.get(`${store.generation}\n${document.id}`, () =>
        compileWorkspace(document.id, document.settings, document.secretKey, 'segment'),
      ),
    counts: () => cache.counts(),
  };
}
