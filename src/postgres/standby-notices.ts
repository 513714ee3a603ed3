// A commit whose wait for the synchronous standby was cancelled is a success with a warning beside it: the event is on one machine alone.

import type { ClientBase } from 'pg';

const ROUTINE = 'SyncRepWaitForLSN';

const cancelled = new WeakSet<ClientBase>();

/** To be called once for each connection. */
export function listenForCancelledWaits(client: ClientBase): void {
  client.on('notice', ({ routine, message }) => {
    // The message is in the language of the server; what speaks the protocol and is not PostgreSQL may not say the routine.
    if (routine === ROUTINE || message?.startsWith('canceling wait for synchronous replication')) cancelled.add(client);
  });
}

/** Whether the last statement of the connection did not wait for its standby. To be asked after each. */
export function hasCancelledWait(client: ClientBase): boolean {
  return cancelled.delete(client);
}
