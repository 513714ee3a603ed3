// The process that is tortured: starts it on its settings and its outbox, and asks it what it has left.

import { join } from 'node:path';
import { freePort } from '../../testkit/free-port.js';
import { type PluginProcess, type PluginProgram, startPlugin } from '../../testkit/plugin-process.js';
import { RUN_VARIABLE } from './mark-run.js';
import { ADMIN_TOKEN, type Questions, questionsFor } from './torture-questions.js';
import { type Places, type TortureWorkspace, writeWorkspaces } from './torture-workspaces.js';

/** All processes of a run, one after the other, at one address. */
export interface TorturePlugin extends Questions {
  readonly url: string;
  readonly processes: readonly PluginProcess[];
  start(): PluginProcess;
}

/** How its processes are started otherwise. */
export interface PluginStart extends Pick<PluginProgram, 'via'> {
  /** Variables beside those of every run. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Options of Node with which a process marks its requests. */
export const MARKING = ['--import', new URL('mark-run.js', import.meta.url).href];

/** The name of the n-th process, on its requests. */
export function runName(index: number): string {
  return `run-${index}`;
}

/** @param directory for the settings and the outbox */
export async function preparePlugin(
  directory: string,
  workspaces: readonly TortureWorkspace[],
  places: Places,
  { environment: more = {}, ...program }: PluginStart = {},
): Promise<TorturePlugin> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const processes: PluginProcess[] = [];
  writeWorkspaces(directory, workspaces, places);
  return {
    ...questionsFor(url, false),
    url,
    processes,
    start() {
      const environment = {
        PORT: String(port),
        STATSIG_CDP_SETTINGS: directory,
        OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
        ADMIN_TOKEN,
        [RUN_VARIABLE]: runName(processes.length),
        ...more,
      };
      const started = startPlugin(environment, directory, { nodeOptions: MARKING, ...program });
      processes.push(started);
      return started;
    },
  };
}
