// Finds the workspaces in a YAML document: one, a list of them, or `{workspaces: [...]}`.

import { basename, extname } from 'node:path';
import type { SettingsPath } from './settings-path.js';
import type { YamlTree } from './yaml-tree.js';

/** The settings of one workspace within a text. */
export interface DocumentEntry {
  readonly tree: YamlTree;
  /** Where in the tree they stand. */
  readonly at: SettingsPath;
  /** Not validated yet. */
  readonly value: unknown;
}

/** Either the workspaces, of which there may be none, or the name that is wrong. */
export function unpackEntries(
  tree: YamlTree,
): readonly DocumentEntry[] | { readonly at: SettingsPath; readonly message: string } {
  const { value } = tree;
  if (Array.isArray(value)) return value.map((each, index) => ({ tree, at: [index], value: each }));
  if (typeof value !== 'object' || value === null || !('workspaces' in value)) return [{ tree, at: [], value }];
  const { workspaces, ...rest } = value;
  const [stray] = Object.keys(rest);
  if (stray !== undefined)
    return { at: [stray], message: 'must not stand beside workspaces: each workspace has its own' };
  if (!Array.isArray(workspaces)) return { at: ['workspaces'], message: 'must be a list of workspaces' };
  return workspaces.map((each, index) => ({ tree, at: ['workspaces', index], value: each }));
}

/** `acme.prod.yaml` → `acme-prod`, because an id has no dots. */
function idFromFileName(source: string): string {
  return basename(source, extname(source))
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 64);
}

/**
 * The id of a workspace that names none; `false` where each must name its own.
 *
 * @param entries of a whole text
 * @param given what it is where the workspace is alone. Default: the name of the file
 */
export function defaultIdOf(entries: readonly DocumentEntry[], source: string, given?: string | false): string | false {
  return entries.length > 1 ? false : (given ?? idFromFileName(source));
}
