// What a worker is told when it is started: which of them it is, and how it reaches the first one.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Secret } from '../../base/secret.js';

/** The place of a worker among all. */
export interface WorkerPlace {
  /** From 1. The first serves operators, and owns the outbox where it is embedded. */
  readonly number: number;
  /** How many there are to be. */
  readonly of: number;
  /** Where the first one listens for what the others pass on. */
  readonly address: string;
  /** Shown with each such request: other programs of this machine may find the address. */
  readonly token: Secret;
}

/** The variable that a worker finds its place in. It is none of an operator's. */
const VARIABLE = 'CDP_WORKER';

/** Bytes that every system takes as the path of a socket. */
const MAX_PATH_BYTES = 100;

const SOCKET = 'first.sock';

/**
 * A socket in a directory that this user alone may enter: another one can neither connect to it nor take its place while the first worker is being replaced, and so be
 * handed tokens and events. Where the disk is read-only, Linux has a directory in memory.
 *
 * @throws the system's error where neither can be written
 */
function drawAddress(): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\statsig-cdp-${randomUUID()}`;
  const parents = [tmpdir(), '/dev/shm'].filter(
    (parent) => Buffer.byteLength(join(parent, 'statsig-cdp-workers-XXXXXX', SOCKET)) <= MAX_PATH_BYTES,
  );
  let fault: unknown;
  for (const parent of parents) {
    try {
      // With mode 0700.
      return join(mkdtempSync(join(parent, 'statsig-cdp-workers-')), SOCKET);
    } catch (error) {
      fault = error;
    }
  }
  throw fault;
}

/** What all workers of one start share. */
export function drawMeeting(): Pick<WorkerPlace, 'address' | 'token'> {
  return { address: drawAddress(), token: new Secret(randomUUID()) };
}

/** Leaves nothing behind. */
export function removeMeeting({ address }: Pick<WorkerPlace, 'address'>): void {
  if (process.platform !== 'win32') rmSync(dirname(address), { recursive: true, force: true });
}

/** The environment that tells a worker its place. */
export function environmentFor({ number, of, address, token }: WorkerPlace): Readonly<Record<string, string>> {
  return { [VARIABLE]: JSON.stringify({ number, of, address, token: token.reveal() }) };
}

/** Takes the place out of the environment, so that no child of the worker's gets it. @throws Error where there is none */
export function takePlace(env: NodeJS.ProcessEnv): WorkerPlace {
  const { [VARIABLE]: text } = env;
  delete env[VARIABLE];
  if (text === undefined) throw new Error('A worker is started by the primary.');
  const { token, ...place } = JSON.parse(text);
  return { ...place, token: new Secret(token) };
}
