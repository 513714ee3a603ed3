// Runs the plugin as the process that operators run.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../testkit/free-port.js';
import { onePort } from '../testkit/one-port.js';
import { MAIN } from '../testkit/programs.js';
import { type Child, startChild } from './child.js';
import type { Resources } from './resources.js';
import { bodyOf, until } from './wait.js';

/** The plugin, which may be stopped and started again at the same address. */
export interface Plugin {
  readonly url: string;
  /** Sends the signal and waits for the end. Resolves to how it ended. */
  stop(signal: NodeJS.Signals): Promise<string>;
  /** Starts it again and waits until it listens. */
  start(): Promise<void>;
  /** Events since the last start, by `stage outcome reason` as in the metric `statsig_cdp_events_total`. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Forwarded requests since the last start, by outcome. */
  forwarded(): Promise<Readonly<Record<string, number>>>;
  /** What /readyz answers: `ready`, or all it says. */
  readiness(): Promise<string>;
  tail(lines: number): readonly string[];
}

/** How to run it. */
export interface PluginOptions {
  /** Environment beside its address and settings. */
  readonly env: Readonly<Record<string, string>>;
  /** Its settings document. */
  readonly document: object;
  /** An empty directory. */
  readonly directory: string;
  /** Default: a free one. */
  readonly port?: number;
}

const SAMPLE = /^(\w+)\{(.*)\} (\d+)$/gm;
const LABEL = /(\w+)="([^"]*)"/g;

/** The samples of a metric, named by the values of some of its labels and added up over the others. */
async function scrape(url: string, metric: string, labels: readonly string[]): Promise<Record<string, number>> {
  const response = await fetch(`${url}/metrics`);
  const samples: Record<string, number> = {};
  for (const [, name, labelText = '', value] of (await response.text()).matchAll(SAMPLE)) {
    if (name !== metric) continue;
    const values = new Map([...labelText.matchAll(LABEL)].map(([, label, text]) => [label, text]));
    const key = labels.flatMap((label) => values.get(label) || []).join(' ');
    samples[key] = (samples[key] ?? 0) + Number(value);
  }
  return samples;
}

/** Starts the plugin on a free loopback port. */
export async function startPlugin(options: PluginOptions, resources: Resources): Promise<Plugin> {
  const { env, document, directory, port = await freePort() } = options;
  const url = `http://127.0.0.1:${port}`;
  const settings = join(directory, 'settings.json');
  writeFileSync(settings, JSON.stringify(document, null, 2));
  let child: Child | undefined;

  async function start(): Promise<void> {
    const started = await startChild({
      name: 'plugin',
      command: process.execPath,
      args: [MAIN],
      env: { HOST: '127.0.0.1', PORT: String(port), STATSIG_CDP_SETTINGS: settings, ...onePort(env) },
      cwd: directory,
      logFile: join(directory, 'plugin.log'),
    });
    child = started;
    resources.add(() => started.stop('SIGKILL'));
    await until('the plugin starts', async () => {
      const end = started.end();
      if (end !== undefined) throw new Error(`the plugin ended with ${end}: ${started.tail(1).join('')}`);
      return (await bodyOf(`${url}/healthz`)) !== '' ? undefined : 'it did not answer';
    });
  }

  await start();
  return {
    url,
    start,
    stop: async (signal) => (await child?.stop(signal, 30_000)) ?? '',
    async readiness() {
      const response = await fetch(`${url}/readyz`);
      const text = await response.text();
      return response.status === 200 ? 'ready' : text;
    },
    counts: () => scrape(url, 'statsig_cdp_events_total', ['stage', 'outcome', 'reason']),
    forwarded: () => scrape(url, 'statsig_cdp_upstream_requests_total', ['outcome']),
    tail: (lines) => child?.tail(lines) ?? [],
  };
}
