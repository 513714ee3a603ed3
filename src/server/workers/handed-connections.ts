// Ends the connections that were being handed to a worker that has died. The primary keeps its copy of a connection until the worker says that it has it: one that dies
// before would leave its sender waiting for as long as it likes to, and the primary with one more open file.

import type { Worker } from 'node:cluster';

/** A connection that is handed over. `net.Server` hands them out as they come from the system. */
interface Handle {
  close(): void;
}

/** A message of `node:cluster` itself, as far as it is read. Its form has been the same since Node 0.12; with another one nothing is ended. */
interface ClusterMessage {
  readonly cmd?: unknown;
  /** `newconn`: a connection is handed over. */
  readonly act?: unknown;
  readonly seq?: unknown;
  /** The `seq` that is answered. */
  readonly ack?: unknown;
}

const isOfCluster = (message: unknown): message is ClusterMessage =>
  typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === 'NODE_CLUSTER';

const isHandle = (handle: unknown): handle is Handle =>
  typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function';

/** To be called once, before the worker listens. */
export function endUntakenWith({ process: child }: Worker): void {
  const untaken = new Map<unknown, Handle>();
  const { send } = child;
  child.send = (...values: readonly unknown[]): boolean => {
    const [message, handle] = values;
    if (isOfCluster(message) && message.act === 'newconn' && isHandle(handle)) untaken.set(message.seq, handle);
    return Reflect.apply(send, child, values);
  };
  child.on('internalMessage', (message: unknown) => {
    if (isOfCluster(message) && message.ack !== undefined) untaken.delete(message.ack);
  });
  // Not with the channel, which Node leaves open where a connection was not taken. What it has taken and not yet said ended with it.
  child.once('exit', () => {
    for (const handle of untaken.values()) handle.close();
    untaken.clear();
  });
}
