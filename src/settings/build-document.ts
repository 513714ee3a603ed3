// Makes a document of valid settings and their secrets.

import type { OutboundTarget } from '../transform/compiled-outbound.js';
import { type DocumentSecret, secretsAt } from './document-secrets.js';
import type { WorkspaceSettings } from './settings.generated.js';
import { defaultsAt } from './settings-schema.js';
import type { OutboundSettings, PlainSettings, WorkspaceDocument } from './workspace-document.js';

const SEGMENT_DEFAULTS = defaultsAt(['segment']);
const TRACKING_API_DEFAULTS = defaultsAt(['trackingApi']);
const OUTBOUND_DEFAULTS = defaultsAt(['outbound']);
const TARGET_DEFAULTS = defaultsAt(['outbound', 'targets', 0]);

/** The part of the settings once its defaults are filled in. */
type Complete<Part extends keyof WorkspaceSettings> = Required<NonNullable<WorkspaceSettings[Part]>>;

/**
 * The document of one workspace.
 *
 * @param source the file or URL that it comes from
 * @param settings valid by the manifest's schema
 * @param secrets those of `settings`; one that has a problem is left out, and its target with it
 */
export function buildDocument(
  id: string,
  source: string,
  settings: WorkspaceSettings,
  secrets: readonly DocumentSecret[],
): WorkspaceDocument {
  const { signedPart } = { ...SEGMENT_DEFAULTS, ...settings.segment } as Complete<'segment'>;
  const trackingApi = { ...TRACKING_API_DEFAULTS, ...settings.trackingApi } as Complete<'trackingApi'>;
  const [secretKey] = secretsAt(secrets, 'secretKey');
  const [consoleKey] = secretsAt(secrets, 'consoleKey');
  return {
    id,
    source,
    settings: plainSettings(settings),
    isOpen: secrets.length === 0,
    // A write key stands in every page that sends with it.
    holdsSecret: secrets.some(({ at: [part, name] }) => part !== 'trackingApi' || name !== 'writeKeys'),
    lost: [],
    ...(secretKey !== undefined && { secretKey }),
    ...(consoleKey !== undefined && { consoleKey }),
    audiences: settings.audiences ?? {},
    segment: {
      sharedSecrets: secretsAt(secrets, 'segment', 'sharedSecrets'),
      signedPart,
      headerSecrets: secretsAt(secrets, 'segment', 'headerSecrets'),
      apiKeys: secretsAt(secrets, 'segment', 'apiKeys'),
    },
    trackingApi: {
      writeKeys: secretsAt(secrets, 'trackingApi', 'writeKeys'),
      integrationNames: trackingApi.integrationNames,
      requiredConsent: trackingApi.requiredConsent,
    },
    outbound: outboundSettings(settings.outbound, secrets),
    rudderstackSources: {
      ids: settings.rudderstack?.sourceIds ?? [],
      writeKeys: secretsAt(secrets, 'rudderstack', 'sourceWriteKeys'),
    },
  };
}

function plainSettings(settings: WorkspaceSettings): PlainSettings {
  const {
    secretKey: _secretKey,
    consoleKey: _consoleKey,
    audiences: _audiences,
    segment: _segment,
    trackingApi: _api,
    outbound: _outbound,
    rudderstack,
    ...plain
  } = settings;
  if (rudderstack === undefined) return plain;
  const { sourceIds: _ids, sourceWriteKeys: _keys, ...applies } = rudderstack;
  return { ...plain, rudderstack: applies };
}

function outboundSettings(
  outbound: WorkspaceSettings['outbound'] = {},
  secrets: readonly DocumentSecret[],
): OutboundSettings {
  const { signatureToleranceMs } = { ...OUTBOUND_DEFAULTS, ...outbound } as Complete<'outbound'>;
  const targets = (outbound.targets ?? []).flatMap((target, index): OutboundTarget[] => {
    const [writeKey] = secretsAt(secrets, 'outbound', 'targets', index, 'writeKey');
    if (writeKey === undefined) return [];
    const { name, host, path } = { ...TARGET_DEFAULTS, ...target } as Required<typeof target>;
    return [{ name, writeKey, host: host.replace(/\/$/, ''), path }];
  });
  return {
    ...outbound,
    signingSecrets: secretsAt(secrets, 'outbound', 'signingSecrets'),
    signatureToleranceMs,
    targets,
  };
}
