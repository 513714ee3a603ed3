// An address in front of a database: it can lead to another server from one moment to the next, and fall silent as a network does, without a word to either side.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The address. */
export interface DatabaseAddress {
  readonly port: number;
  /** Leads to another server from now on. Connections to the one before end. */
  moveTo(port: number): void;
  /** What comes in goes nowhere from now on; connections stay open, and new ones are taken. */
  fallSilent(): void;
  /** Connections that were silent end; new ones lead to the server. */
  speak(): void;
  close(): Promise<void>;
}

/** @param server port of the server on loopback */
export async function openAddress(server: number): Promise<DatabaseAddress> {
  const sockets = new Set<Socket>();
  let goal = server;
  let isSilent = false;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }

  function endAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  const listener = createServer((incoming) => {
    keep(incoming);
    if (isSilent) return;
    const outgoing = keep(connect(goal, '127.0.0.1'));
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (chunk) => {
        if (!isSilent) to.write(chunk);
      });
      from.once('close', () => {
        if (!isSilent) to.destroy();
      });
    };
    pass(incoming, outgoing);
    pass(outgoing, incoming);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    moveTo(next) {
      goal = next;
      endAll();
    },
    fallSilent() {
      isSilent = true;
    },
    speak() {
      endAll();
      isSilent = false;
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      endAll();
      await closed;
    },
  };
}
