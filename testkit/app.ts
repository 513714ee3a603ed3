// An app for tests, made the way the process makes it, with its settings given instead of read from disk.

import { createLogger, type Logger } from '../src/base/logger.js';
import { Lifecycle } from '../src/http/lifecycle.js';
import { type App, createApp } from '../src/server/app.js';
import { parseDocuments } from '../src/settings/document.js';
import { readProcessSettings } from '../src/settings/process.js';
import { SettingsError } from '../src/settings/settings-error.js';
import { staticStore, type WorkspaceStore } from '../src/settings/store.js';
import { onePort } from './one-port.js';

/** What a test may choose. */
export interface TestAppOptions {
  /** Settings documents. */
  readonly documents?: readonly object[];
  /** Environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly store?: WorkspaceStore;
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
  const app = createApp({
    settings: readProcessSettings(onePort(options.environment)),
    store: options.store ?? staticStore(documents),
    lifecycle,
    log: options.log ?? createLogger('silent'),
  });
  return { ...app, lifecycle };
}
