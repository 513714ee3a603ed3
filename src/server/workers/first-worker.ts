// Serves what other workers pass on to the first one, as if its sender were connected to it.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { fitsAny } from '../../base/static-secret.js';
import type { NodeHandler } from '../handler.js';
import { removeMeeting, type WorkerPlace } from './place.js';

/** What a request that is passed on begins with. */
export const PASSED_ON = { token: 'x-worker-token', address: 'x-worker-address', port: 'x-worker-port' } as const;

const passedOn = new WeakSet<Socket>();

/** Whether a worker passes the request on. */
export function isPassedOn({ socket }: IncomingMessage): boolean {
  return passedOn.has(socket);
}

/** Takes away what the worker has added, and gives the connection the addresses of the sender's. One request comes by each. */
function takeOver(request: IncomingMessage): void {
  const { socket, headers, rawHeaders } = request;
  const names = Object.values(PASSED_ON);
  const [remoteAddress, localPort] = [headers[PASSED_ON.address], Number(headers[PASSED_ON.port])];
  Object.defineProperties(socket, { remoteAddress: { value: remoteAddress }, localPort: { value: localPort } });
  for (const name of names) delete headers[name];
  rawHeaders.splice(0, 2 * names.length);
  passedOn.add(socket);
}

/** @throws the system's error */
export async function listenForOthers({ address, token }: WorkerPlace, handler: NodeHandler): Promise<Server> {
  // Without `Host`: the worker that passes it on has looked whether its sender may leave that out, as HTTP/1.0 may.
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    if (!fitsAny([String(request.headers[PASSED_ON.token])], [token])) return void request.destroy();
    takeOver(request);
    handler(request, response);
  });
  // Of one that was killed. A pipe of Windows ends with its process.
  if (process.platform !== 'win32') rmSync(address, { force: true });
  // This process's own: through the primary it would be shared.
  server.listen({ path: address, exclusive: true });
  await once(server, 'listening');
  // Where the primary was killed it leaves that to the first worker.
  process.once('exit', () => {
    if (!process.connected) removeMeeting({ address });
  });
  return server;
}
