// Compiled workspaces that take audiences, for tests.

import assert from 'node:assert/strict';
import { createDocumentCompiler } from '../src/settings/compile-document.js';
import { parseDocuments } from '../src/settings/document.js';
import type { CompiledAudiences } from '../src/transform/compiled-audiences.js';
import type { CompiledWorkspace } from '../src/transform/compiled-workspace.js';

/** A settings document, compiled as the process does it. Its id is `shop` unless it says otherwise. */
export function compiledWorkspace(settings: object = {}): CompiledWorkspace {
  const { documents, faults } = parseDocuments(JSON.stringify({ id: 'shop', ...settings }), 'shop.json');
  assert.deepEqual(faults, []);
  const [document] = documents;
  assert.ok(document);
  return createDocumentCompiler().compile(document);
}

/** The audience part of a settings document, which has to be on. */
export function compiledAudiences(settings: object = {}): CompiledAudiences {
  const { audiences } = compiledWorkspace(settings);
  assert.ok(audiences);
  return audiences;
}
