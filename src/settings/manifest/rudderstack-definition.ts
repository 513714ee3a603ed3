// Turns the manifest into RudderStack's definition files: three for the destination, one for the source.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifest as ownManifest } from '../manifest.js';
import { configSettings, messageTypes } from './config-settings.js';
import type { Manifest } from './model.js';
import { configSchema } from './rudderstack-config-schema.js';
import { CONSENT_MANAGEMENT, LEGACY_CONSENT_KEYS } from './rudderstack-consent.js';
import { uiConfig } from './rudderstack-ui-config.js';

/** db-config.json of a destination, as far as this project uses it. */
export interface DestinationDbConfig {
  readonly name: string;
  readonly displayName: string;
  readonly config: {
    readonly transformAtV1: string;
    readonly cdkV2Enabled: boolean;
    readonly saveDestinationResponse: boolean;
    /** Config keys that RudderStack hands to client SDKs. */
    readonly includeKeys: readonly string[];
    readonly excludeKeys: readonly string[];
    readonly supportedSourceTypes: readonly string[];
    readonly supportedMessageTypes: Readonly<Record<string, readonly string[]>>;
    readonly supportedConnectionModes: Readonly<Record<string, readonly string[]>>;
    /** Config keys for every source (`defaultConfig`) and those held per source type. */
    readonly destConfig: Readonly<Record<string, readonly string[]>>;
    readonly secretKeys: readonly string[];
  };
}

/**
 * The content of each file by its path inside a folder of integration definitions, `destinations/statsig/schema.json` for one.
 * Formats and rules are those of RudderStack's integration definitions.
 */
export function rudderStackDefinition(manifest: Manifest): Readonly<Record<string, object>> {
  const destination = `destinations/${manifest.name.toLowerCase()}`;
  const { source } = manifest.rudderstack;
  return {
    [`${destination}/db-config.json`]: destinationDbConfig(manifest),
    [`${destination}/schema.json`]: { configSchema: configSchema(manifest) },
    [`${destination}/ui-config.json`]: { uiConfig: uiConfig(manifest) },
    [`sources/${source.name.toLowerCase()}/db-config.json`]: source,
  };
}

/**
 * Writes the files under a directory, which is made if need be. Files that are there already are replaced.
 *
 * @returns the paths written
 * @throws the file system's error when one cannot be written
 */
export function writeRudderStackDefinition(dir: string, manifest: Manifest = ownManifest): string[] {
  return Object.entries(rudderStackDefinition(manifest)).map(([path, content]) => {
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
    return file;
  });
}

function destinationDbConfig(manifest: Manifest): DestinationDbConfig {
  const settings = configSettings(manifest);
  const { destination } = manifest.rudderstack;
  const legacyKeys = destination.legacyConsentSourceTypes.length > 0 ? Object.keys(LEGACY_CONSENT_KEYS) : [];
  const keysOf = (sourceType: string) => [
    'connectionMode',
    CONSENT_MANAGEMENT,
    ...(destination.legacyConsentSourceTypes.includes(sourceType) ? legacyKeys : []),
  ];
  const bySourceType = <T>(value: (sourceType: string) => T) =>
    Object.fromEntries(destination.sourceTypes.map((sourceType) => [sourceType, value(sourceType)]));
  return {
    name: manifest.name,
    displayName: manifest.displayName,
    config: {
      transformAtV1: destination.transformAtV1,
      cdkV2Enabled: destination.cdkV2Enabled,
      saveDestinationResponse: destination.saveDestinationResponse,
      includeKeys: [...legacyKeys, CONSENT_MANAGEMENT],
      excludeKeys: [],
      supportedSourceTypes: destination.sourceTypes,
      supportedMessageTypes: Object.fromEntries(
        destination.connectionModes.map((mode) => [mode, messageTypes(manifest)]),
      ),
      supportedConnectionModes: bySourceType(() => destination.connectionModes),
      destConfig: { defaultConfig: settings.map(([key]) => key), ...bySourceType(keysOf) },
      secretKeys: settings.filter(([, setting]) => setting.secret).map(([key]) => key),
    },
  };
}
