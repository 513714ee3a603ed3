// An app for tests, made the way the process makes it, with its settings given instead of read from disk.

import { createLogger, type Logger } from '../src/base/logger.js';
import { Lifecycle } from '../src/http/lifecycle.js';
import { type App, type AppDeps, createApp } from '../src/server/app.js';
import { parseDocuments } from '../src/settings/document.js';
import { readProcessSettings } from '../src/settings/process.js';
import { SettingsError } from '../src/settings/settings-error.js';
import { staticStore, type WorkspaceStore } from '../src/settings/store.js';
import { onePort } from './one-port.js';

/** What a test may choose. */
export interface TestAppOptions extends Partial<Pick<AppDeps, 'clock' | 'openOutbox'>> {
  /** Settings documents. */
  readonly documents?: readonly object[];
  /** Environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly store?: WorkspaceStore;
  /** False: no settings were found yet. */
  readonly loaded?: boolean;
  readonly log?: Logger;
}

/** Builds an app; nothing listens. */
export function testApp(options: TestAppOptions = {}): App & { readonly lifecycle: Lifecycle } {
  const lifecycle = new Lifecycle();
  const { documents, faults } = parseDocuments(
    JSON.stringify({ workspaces: options.documents ?? [] }),
    'settings.json',
  );
  if (faults.length > 0) throw new SettingsError(faults);
  const { clock, openOutbox, store = staticStore(documents), loaded = store.loaded } = options;
  const app = createApp({
    settings: readProcessSettings(onePort(options.environment)),
    store: loaded === store.loaded ? store : { ...store, loaded },
    lifecycle,
    log: options.log ?? createLogger('silent'),
    ...(clock !== undefined && { clock }),
    ...(openOutbox !== undefined && { openOutbox }),
  });
  return { ...app, lifecycle };
}
