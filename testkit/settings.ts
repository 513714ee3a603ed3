// Settings on disk, and a log that remembers, for tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SettingsLog } from '../src/settings/sources/source.js';
import { createWorkspaceStore, type WorkspaceStore, type WorkspaceStoreOptions } from '../src/settings/store.js';

/** Long enough that a test which passes in time never passes by it. */
export const NEVER_MS = 3_600_000;

/** A log that keeps its lines as JSON texts: `{"level":"error","message":...}`. */
export interface RememberingLog extends SettingsLog {
  readonly lines: readonly string[];
}

export function rememberingLog(): RememberingLog {
  const lines: string[] = [];
  const keep = (level: string) => (fields: object, message: string) =>
    lines.push(JSON.stringify({ ...fields, level, message }));
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') };
}

/**
 * An empty directory, removed after the test. Hooks run in the order in which they were added, so a process that was started later may still write to it: then it is removed when this
 * process ends. A hook that throws would keep the later ones from stopping that process, and it would keep this one from its end.
 */
export function temporaryDirectory(context: { readonly after: (end: () => void) => void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  context.after(() => {
    try {
      remove();
    } catch {
      process.once('exit', remove);
    }
  });
  return directory;
}

/** Opens a store whose files are looked at on notice only, and closes it after the test. */
export async function openStore(
  context: TestContext,
  options: Pick<WorkspaceStoreOptions, 'location'> & Partial<WorkspaceStoreOptions>,
): Promise<WorkspaceStore> {
  const store = await createWorkspaceStore({ explicit: true, pollMs: NEVER_MS, log: rememberingLog(), ...options });
  context.after(() => store.close());
  return store;
}
