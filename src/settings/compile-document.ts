// Compiles the workspaces of settings documents, each once.

import type { CompiledOutbound } from '../transform/compiled-outbound.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import type { EventNamePresetName } from '../transform/event-name.js';
import { addCounts, type CacheCounts } from './cache.js';
import { compileWorkspace } from './compile.js';
import { compileAudiences } from './compile-audiences.js';
import { compileOutbound } from './compile-outbound.js';
import type { WorkspaceDocument } from './document.js';
import { rowUsesOf } from './row-uses.js';

/** Compiles documents in force. A change of one leaves what the others were compiled to. */
export interface DocumentCompiler {
  compile(document: WorkspaceDocument): CompiledWorkspace;
  /** What leaves Statsig. */
  compileOutbound(document: WorkspaceDocument): CompiledOutbound;
  /** Of both directions together. */
  counts(): CacheCounts;
}

/** What documents were compiled to, as long as they are in use. */
function createDocumentCache<T>(compile: (document: WorkspaceDocument) => T) {
  const compiled = new WeakMap<WorkspaceDocument, T>();
  let hits = 0;
  let misses = 0;
  return {
    get(document: WorkspaceDocument): T {
      const known = compiled.get(document);
      if (known !== undefined) {
        hits += 1;
        return known;
      }
      misses += 1;
      const made = compile(document);
      compiled.set(document, made);
      return made;
    },
    counts: (): CacheCounts => ({ hits, misses, evictions: 0 }),
  };
}

/** Nothing is compiled before it is asked for. @param preset of the names of events, where the settings name none */
export function createDocumentCompiler(preset: EventNamePresetName = 'segment'): DocumentCompiler {
  const inbound = createDocumentCache((document) =>
    compileWorkspace(document.id, document.settings, document.secretKey, preset, {
      isDryRun: document.secretKey === undefined && !document.lost.includes('secretKey'),
      consoleKey: document.consoleKey,
      audiences: compileAudiences(document),
      optOut: document.trackingApi,
      rowUse: rowUsesOf(document),
    }),
  );
  const outbound = createDocumentCache(compileOutbound);
  return {
    compile: inbound.get,
    compileOutbound: outbound.get,
    counts: () => addCounts(inbound.counts(), outbound.counts()),
  };
}
