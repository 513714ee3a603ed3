// What the line needs to know to decide about the events of an archive.

import type { WriteKeySender } from '../ingest/inbound-line.js';
import { integerDefault } from '../settings/declared-default.js';
import { EVENT_BYTES_SETTING } from '../sources/tracking-api/limits.js';

/** They are as calls of the route for imports: each keeps its time. */
export const OF_THE_PAST: WriteKeySender = {
  source: 'tracking-api',
  shared: {},
  sharedBytes: 0,
  maxEventBytes: integerDefault(EVENT_BYTES_SETTING),
  address: undefined,
  isImport: true,
};
