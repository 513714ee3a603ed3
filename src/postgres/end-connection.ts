// Ends connections, also those whose other side does not answer any more.

import pg from 'pg';

/** For the server to close its side. */
const GRACE_MS = 1_000;

/** Closes what is still open after a while: the process would not end before. */
export function cutLater(client: pg.ClientBase): void {
  // What a pool makes is one, though its types do not say so.
  if (!(client instanceof pg.Client)) return;
  const { stream } = client.connection;
  if (!stream.destroyed) setTimeout(() => stream.destroy(), GRACE_MS).unref();
}

/** Says goodbye and does not wait for the answer. What is under way is cut at once. */
export function endConnection(client: pg.Client): void {
  client.end().catch(() => {});
  cutLater(client);
}
