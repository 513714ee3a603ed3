// Loads manifest.json, the single description of what this plugin is.

import { assertImplemented } from './implemented.js';
import { readManifest } from './manifest/check.js';
import type { Manifest } from './manifest/model.js';

export type { EnvironmentVariable, Manifest, SettingSchema } from './manifest/model.js';

/** The manifest of this package. Importing it throws a ManifestError when manifest.json is broken, or declares what there is no code for. */
export const manifest: Manifest = assertImplemented(
  readManifest(new URL(import.meta.resolve('statsig-cdp/manifest.json'))),
);
