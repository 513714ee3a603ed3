// What a run of the speed benchmark is told by its environment and its arguments.

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findListener } from './process-tree.js';
import type { Server } from './servers.js';

/** How a run is made. */
export interface Options {
  /** Of each measurement. */
  readonly seconds: number;
  /** Measurements of each contender. */
  readonly rounds: number;
  /** Events in the outbox at the end of the row about growth. */
  readonly queued: number;
  /** On the disk that is measured. */
  readonly directory: string;
  /** A stock rudder-transformer that runs on this machine. */
  readonly stock: Server | undefined;
  /** The program of another build of ours, to be measured in turn with this one. */
  readonly baseline: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

function readNumber(env: Environment, name: string, otherwise: number): number {
  const value = Number(env[name] ?? otherwise);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} must be a number above 0`);
  return value;
}

function readStock(env: Environment): Server | undefined {
  const { PEER_URL } = env;
  if (PEER_URL === undefined || PEER_URL === '') return undefined;
  const { hostname, port } = new URL(PEER_URL);
  if (hostname !== '127.0.0.1' && hostname !== 'localhost') throw new Error('PEER_URL must be on this machine');
  const number = Number(port === '' ? 80 : port);
  const pid = env.PEER_PID === undefined ? findListener(number) : readNumber(env, 'PEER_PID', 0);
  if (pid === undefined) console.log(`No process found that listens on ${number}: set PEER_PID.`);
  // The process that started it ends it.
  return { port: number, pid, close: async () => {} };
}

/** The main program in a checkout of another commit that was built there. */
function readBaseline({ BASELINE }: Environment): string | undefined {
  if (BASELINE === undefined || BASELINE === '') return undefined;
  const programs = ['bundle/main.js', 'src/server/main.js'].map((name) => join(BASELINE, 'dist', name));
  const program = programs.find((each) => existsSync(each));
  if (program === undefined) throw new Error(`BASELINE has none of ${programs.join(', ')}: build it there`);
  return program;
}

/** @throws Error that says what is wrong with a variable */
export function readOptions(env: Environment): Options {
  const quick = env.QUICK === '1';
  return {
    seconds: readNumber(env, 'SECONDS', quick ? 0.8 : 3),
    rounds: readNumber(env, 'ROUNDS', quick ? 2 : 5),
    queued: readNumber(env, 'QUEUED', quick ? 100_000 : 1_000_000),
    directory: env.DIRECTORY ?? tmpdir(),
    stock: readStock(env),
    baseline: readBaseline(env),
  };
}
