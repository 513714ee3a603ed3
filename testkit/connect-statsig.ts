// Connecting Statsig within a test: settings on disk, the Console API's stand-in, and what is told of each step.

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Secret } from '../src/base/secret.js';
import { connectStatsig } from '../src/connect/statsig/connect-statsig.js';
import { createConsoleApi } from '../src/connect/statsig/console.js';
import type { ConnectStatsigOptions } from '../src/connect/statsig/options.js';
import type { Step, StepReport } from '../src/connect/step.js';
import { CONSOLE_KEY, type ConsoleStandInOptions, startConsole } from './console-stand-in.js';
import { temporaryDirectory } from './settings.js';

/** How it is connected; what is left out is as the command has it. */
export interface ConnectParts extends Partial<Omit<ConnectStatsigOptions, 'api' | 'workspace'>> {
  readonly key?: string;
}

/** Step and state, or what came of it: `to-do list:vip`. */
export const lineOf = (step: Step, result: string = step.state) => `${result} ${step.id}`;

/** @param document of the workspace `shop`, in `settings/shop.json`; `undefined`: there are no settings */
export async function connectRig(
  context: TestContext,
  document: object | undefined,
  standIn: Partial<ConsoleStandInOptions> = {},
) {
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'settings');
  const file = join(settings, 'shop.json');
  if (document !== undefined) {
    mkdirSync(settings);
    writeFileSync(file, `${JSON.stringify({ id: 'shop', ...document }, null, 2)}\n`);
  }
  const statsig = await startConsole(context, { now: Date.now, ...standIn });
  const pauses: number[] = [];

  function connect({ key = CONSOLE_KEY, ...parts }: ConnectParts = {}) {
    const pause = async (ms: number) => void pauses.push(ms);
    const api = createConsoleApi({ consoleKey: new Secret(key), consoleUrl: statsig.url, pause });
    return connectStatsig({ api, workspace: 'shop', settingsLocation: settings, create: 'none', ...parts });
  }

  async function told(work: (report: (report: StepReport) => void) => Promise<void>): Promise<readonly StepReport[]> {
    const reports: StepReport[] = [];
    await work((report) => reports.push(report));
    return reports;
  }

  return {
    statsig,
    settings,
    file,
    pauses,
    connect,
    /** What is told of each step. */
    apply: (parts?: ConnectParts) => told((report) => connect(parts).apply(report)),
    undo: (parts?: ConnectParts) => told((report) => connect(parts).undo(report)),
    text: () => readFileSync(file, 'utf8'),
    secretFile: join(settings, 'secrets', 'shop-statsig-signing'),
    modeOf: (path: string) => (statSync(path).mode & 0o777).toString(8),
    /** Calls that change something. */
    made: () => statsig.calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
  };
}
