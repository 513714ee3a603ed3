// Finds a port for a program that cannot choose one itself.

import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems hand out by themselves: no other program takes one of these while its program is stopped. */
const FIRST = 20_000;
const LAST = 29_999;
const TRIES = 50;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** A port on which nothing listens now, on any interface. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${FIRST} to ${LAST} in ${TRIES} tries`);
}
