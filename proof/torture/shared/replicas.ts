// The replicas of the torture: equal processes on one database, each of which reaches it by an address of its own.

import { freePort } from '../../../testkit/free-port.js';
import { type PluginProcess, startPlugin } from '../../../testkit/plugin-process.js';
import { RUN_VARIABLE } from '../mark-run.js';
import { MARKING, runName } from '../torture-plugin.js';
import { ADMIN_TOKEN } from '../torture-questions.js';
import { type DatabaseAddress, openAddress } from './database-address.js';

/** One of them, which is killed and started again at the same port. */
export interface Replica {
  readonly port: number;
  readonly url: string;
  /** Where it reaches the database. */
  readonly address: DatabaseAddress;
  readonly process: PluginProcess;
  /** The name of the process that runs now, on its requests and on its connections to the database. */
  readonly run: string;
  /** Whether something is being done to it. */
  isTroubled: boolean;
  /** Starts its next process; resolves once it listens. @throws Error when it does not start */
  start(): Promise<void>;
}

/** All of them. */
export interface Replicas {
  readonly all: readonly Replica[];
  /** Every process that was started. */
  readonly processes: readonly PluginProcess[];
  close(): Promise<void>;
}

/** What they are started with. */
export interface ReplicaOptions {
  readonly count: number;
  /** For the settings, which they share. */
  readonly directory: string;
  /** Port of the database. */
  readonly database: number;
  /** Variables beside those of every replica. */
  readonly environment: Readonly<Record<string, string>>;
  /** The program, where it is another one. */
  readonly program?: string;
}

/** Starts them, one after the other. */
export async function startReplicas({
  count,
  directory,
  database,
  environment,
  program,
}: ReplicaOptions): Promise<Replicas> {
  const processes: PluginProcess[] = [];
  const all: Replica[] = [];

  async function launch(port: number, address: DatabaseAddress): Promise<{ process: PluginProcess; run: string }> {
    const run = runName(processes.length);
    const variables = {
      PORT: String(port),
      STATSIG_CDP_SETTINGS: directory,
      OUTBOX_URL: `postgres://postgres@127.0.0.1:${address.port}/postgres?application_name=${run}`,
      ADMIN_TOKEN,
      [RUN_VARIABLE]: run,
      ...environment,
    };
    const started = startPlugin(variables, directory, {
      nodeOptions: MARKING,
      ...(program !== undefined && { program }),
    });
    processes.push(started);
    if ((await started.listening) === undefined) throw new Error(`it does not start: ${started.errors.join('\n')}`);
    return { process: started, run };
  }

  for (let index = 0; index < count; index += 1) {
    const port = await freePort();
    const address = await openAddress(database);
    let now = await launch(port, address);
    all.push({
      port,
      url: `http://127.0.0.1:${port}`,
      address,
      isTroubled: false,
      get process() {
        return now.process;
      },
      get run() {
        return now.run;
      },
      async start() {
        now = await launch(port, address);
      },
    });
  }
  return {
    all,
    processes,
    async close() {
      for (const { child } of processes) child.kill('SIGKILL');
      await Promise.all(processes.map(({ ended }) => ended));
      await Promise.all(all.map(({ address }) => address.close()));
    },
  };
}
