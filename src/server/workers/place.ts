// What a worker is told when it is started: which of them it is, and how it reaches the first one.

import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A name of Linux that is no file, so that a read-only disk is enough; elsewhere a pipe or a socket with a name that is drawn. */
function drawAddress(): string {
  const name = `statsig-cdp-${randomUUID()}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

/** What all workers of one start share. */
export function drawMeeting(): Pick<WorkerPlace, 'address' | 'token'> {
  return { address: drawAddress(), token: new Secret(randomUUID()) };
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
