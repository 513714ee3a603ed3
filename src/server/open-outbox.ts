// Opens the outbox that several processes share, where OUTBOX_URL names a database.

import type { Outbox } from '../outbox/outbox.js';
import type { PostgresOutboxSettings } from '../outbox/postgres-outbox.js';
import type { ProcessSettings } from '../settings/process.js';

/** Opens it, by what an embedded one is opened by, too. */
export type OpenSharedOutbox = (
  settings: Omit<PostgresOutboxSettings, 'url' | 'schema' | 'leaseMs'>,
) => Promise<Outbox>;

/** Nothing is asked of the database yet. @returns `undefined` where the outbox is embedded */
export async function loadSharedOutbox({
  sharedOutbox,
}: Pick<ProcessSettings, 'sharedOutbox'>): Promise<OpenSharedOutbox | undefined> {
  if (sharedOutbox === undefined) return undefined;
  // Before anything is listened to. Where the outbox is embedded, a start is spared it.
  const { openPostgresOutbox } = await import('../outbox/postgres-outbox.js');
  const { url, schema, leaseMs } = sharedOutbox;
  return (settings) => openPostgresOutbox({ ...settings, url, schema, leaseMs });
}
