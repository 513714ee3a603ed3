// Compiles the workspaces of settings documents, each once per revision.

import { addCounts, type CacheCounts, createCompiledCache } from './cache.js';
import { compileWorkspace } from './compile.js';
import { compileAudiences } from './compile-audiences.js';
import { compileOutbound } from './compile-outbound.js';
import type { CompiledOutbound } from './compiled-outbound.js';
import type { CompiledWorkspace } from './compiled-workspace.js';
import type { WorkspaceDocument } from './document.js';
import type { WorkspaceStore } from './store.js';

/** Compiles documents in force. */
export interface DocumentCompiler {
  /** Events are named by the preset `segment` unless the settings say otherwise. */
  compile(document: WorkspaceDocument): CompiledWorkspace;
  /** What leaves Statsig. */
  compileOutbound(document: WorkspaceDocument): CompiledOutbound;
  /** Of both directions together. */
  counts(): CacheCounts;
}

/** @param size compiled workspaces kept, per direction */
export function createDocumentCompiler(store: Pick<WorkspaceStore, 'generation'>, size: number): DocumentCompiler {
  const inbound = createCompiledCache<CompiledWorkspace>(size);
  const outbound = createCompiledCache<CompiledOutbound>(size);
  const keyOf = ({ id }: WorkspaceDocument) => `${store.generation}\n${id}`;
  return {
    compile: (document) =>
      inbound.get(keyOf(document), () =>
        compileWorkspace(document.id, document.settings, document.secretKey, 'segment', {
          consoleKey: document.consoleKey,
          audiences: compileAudiences(document),
        }),
      ),
    compileOutbound: (document) => outbound.get(keyOf(document), () => compileOutbound(document)),
    counts: () => addCounts(inbound.counts(), outbound.counts()),
  };
}
