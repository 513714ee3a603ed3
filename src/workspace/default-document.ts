// The workspace of a machine without settings: it takes anybody's events and sends nothing.

import type { WorkspaceDocument } from './document.js';
import { Secret } from './secret.js';

/** In force where no settings are, so that a first event needs no settings. Without a Statsig key it runs dry. */
export const DEFAULT_DOCUMENT: WorkspaceDocument = {
  id: 'default',
  source: 'built in',
  settings: {},
  segment: { sharedSecrets: [], signedPart: 'bodyOrFirst', headerSecrets: [], apiKeys: [] },
  trackingApi: { writeKeys: [new Secret('default')], integrationNames: ['Statsig'], requiredConsent: [] },
};
