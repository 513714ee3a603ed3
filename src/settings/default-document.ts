// The workspace of a machine without settings: it takes anybody's events and sends nothing.

import { Secret } from '../base/secret.js';
import { buildDocument } from './build-document.js';
import type { WorkspaceDocument } from './document.js';

/** In force where no settings are, so that a first event needs no settings. Without a Statsig key and targets it runs dry both ways. */
export const DEFAULT_DOCUMENT: WorkspaceDocument = {
  ...buildDocument('default', 'built in', {}, [{ at: ['trackingApi', 'writeKeys', 0], secret: new Secret('default') }]),
  // Its write key stands in the documentation.
  isOpen: true,
};
