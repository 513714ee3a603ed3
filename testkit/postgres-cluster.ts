// A PostgreSQL server of its own: made in a scratch directory, started on a free port of loopback, killed, started again, and gone with its files at the end, also where
// the process that started it is killed.

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port.js';

/** How it is made. */
export interface ClusterOptions {
  /** Syncs what is committed. Without it the server is quick, and keeps what the death of a process leaves. */
  readonly isDurable: boolean;
  /** Settings of the server beside those. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its files are made. Default: the system's place for temporary ones. */
  readonly parent?: string;
  /** URL of a server that it follows as a standby of this name. */
  readonly follows?: { readonly cluster: PostgresCluster; readonly name: string };
}

/** A server. */
export interface PostgresCluster {
  readonly port: number;
  /** Of its superuser. */
  readonly url: string;
  /** Of its first process; `undefined` while it does not run. */
  readonly pid: number | undefined;
  /** Starts it and waits until it answers. */
  start(): Promise<void>;
  /** Ends its first process at once: the others follow, and nothing more is written. */
  kill(): Promise<void>;
  /** Runs a statement as superuser. */
  run(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';
const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

/** The directory of the programs of PostgreSQL, the newest if there are many; `undefined`: there is no server on this machine. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const directories = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return directories.find((directory) => existsSync(join(directory, 'initdb')));
}

/** Whom the server runs as: it refuses to be root. Empty: as this process. */
export function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Its input ends when the process on the other side does, however that ends. */
const GUARD = `
cat >/dev/null
server=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -n "$server" ] && kill -QUIT "$server" 2>/dev/null && while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
rm -rf "$1"
`;

/** Neither keeps the process that started it from ending. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
}

/** Ends the server and removes its files when this process ends. @returns takes the guard away */
function guard(directory: string): () => Promise<void> {
  const guarding = spawn('sh', ['-c', GUARD, 'sh', directory], { stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  letGo(guarding);
  return async () => {
    guarding.ref();
    const ended = once(guarding, 'exit');
    guarding.stdin.end();
    await ended;
  };
}

/** Makes one and starts it. @throws Error where no server is installed */
export async function startCluster({
  isDurable,
  settings = {},
  parent = tmpdir(),
  follows,
}: ClusterOptions): Promise<PostgresCluster> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL is not installed: apt install postgresql');
  const user = serverUser();
  const directory = mkdtempSync(join(parent, 'statsig-cdp-postgres-'));
  chmodSync(directory, 0o700);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid);
  const run = (program: string, args: readonly string[]) =>
    promisify(execFile)(join(programs, program), [...args], { ...user, cwd: directory });
  const data = join(directory, 'data');
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    ...(!isDurable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  let postmaster: ChildProcess | undefined;
  let said = '';

  if (follows === undefined)
    await run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  else {
    const from = `${follows.cluster.url}?application_name=${follows.name}`;
    await run('pg_basebackup', ['-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d', from]);
  }

  async function query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  async function start(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    while (performance.now() < deadline) {
      // While processes of one that was killed go away, a new one ends at once.
      if (postmaster === undefined || postmaster.exitCode !== null || postmaster.signalCode !== null) {
        const started = spawn(join(programs ?? '', 'postgres'), ['-D', data, ...args], {
          ...user,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        started.stderr.on('data', (chunk: Buffer) => {
          said = (said + chunk.toString()).slice(-2_000);
        });
        letGo(started);
        postmaster = started;
      }
      const answers = await query('select 1').then(
        () => true,
        () => false,
      );
      if (answers) return;
      await sleep(LOOK_MS);
    }
    throw new Error(`PostgreSQL does not answer: ${said}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = postmaster;
    postmaster = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.ref();
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }

  const removeGuard = guard(directory);
  await start();
  return {
    port,
    url,
    get pid() {
      return postmaster?.pid;
    },
    start,
    kill: () => end('SIGKILL'),
    run: query,
    async close() {
      await end('SIGQUIT');
      await removeGuard();
    },
  };
}
