// Sets up what a scenario needs: database, Statsig stand-in, plugin, rudder-server.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { freePort } from '../testkit/free-port.js';
import { type Gateway, gatewayUrl, startGateway } from './gateway.js';
import { FINAL_STATES, type Job, type JobTable, readJobs } from './jobs.js';
import { type Plugin, startPlugin } from './plugin.js';
import { createDatabase, dropDatabase } from './postgres.js';
import type { Requirements } from './requirements.js';
import type { Resources } from './resources.js';
import { type Behaviour, type StatsigStandIn, startStatsig } from './statsig-stand-in.js';
import { until } from './wait.js';
import { DESTINATION_ID, type OtherDestination, type WebhookSource, workspaceConfig } from './workspace-config.js';

/** What a scenario may choose. */
export interface RigOptions {
  /** Environment of rudder-server. */
  readonly server?: Readonly<Record<string, string>>;
  /** Environment of the plugin. */
  readonly plugin?: Readonly<Record<string, string>>;
  /** Settings in the plugin's document, which may depend on where rudder-server's gateway is going to be. */
  readonly settings?: object | ((gatewayUrl: string) => object);
  /** Where the secret key is: in the destination's Config, or in an environment variable that the document names. */
  readonly keyIn?: 'config' | 'environment';
  readonly statsig?: Behaviour;
  /** Time that Statsig takes to answer, asked for at each request. */
  readonly statsigDelayMs?: () => number;
  /** The plugin will be away for a while, of which rudder-server complains. */
  readonly outage?: boolean;
  readonly otherDestinations?: readonly OtherDestination[];
  /** What the STATSIG destination is called in an event's `integrations`. Default: `Statsig`, as RudderStack has it. */
  readonly statsigName?: string;
  readonly webhookSources?: readonly WebhookSource[];
  /** Ids of the webhook sources that the plugin's document names. */
  readonly claimedSources?: readonly string[];
  /** Stands between rudder-server and the plugin: gets the plugin's address, resolves to its own. */
  readonly between?: (pluginUrl: string) => Promise<string>;
  /** Stands between the plugin and Statsig's stand-in: gets the addresses of both, resolves to its own. */
  readonly beforeStatsig?: (statsigUrl: string, pluginUrl: string) => Promise<string>;
}

/** Everything a scenario works with. */
export interface Rig {
  readonly statsig: StatsigStandIn;
  readonly plugin: Plugin;
  readonly gateway: Gateway;
  /** Scratch directory: `settings.json` of the plugin and `workspaceConfig.json` of rudder-server are in it. */
  readonly directory: string;
  /**
   * Waits until rudder-server is done with all events: nothing is unprocessed, and so many jobs are in a final state. It must not have warned
   * of the plugin's answers on the way.
   *
   * @returns the jobs
   */
  settle(jobs: number): Promise<readonly Job[]>;
}

/** What belongs to one scenario alone. */
export interface RigPlace {
  readonly requirements: Requirements;
  readonly resources: Resources;
  /** Name of the database to create. */
  readonly database: string;
  /** Scratch directory to create. */
  readonly directory: string;
  /** Gets the logs of the programs, for the report of a failure. */
  readonly logs: { readonly name: string; readonly tail: (lines: number) => readonly string[] }[];
}

/** Id of the plugin's settings document. */
export const WORKSPACE = 'shop';

/** Not a real key: Statsig's own are longer. */
export const SECRET_KEY = 'secret-example';

function missingOf(table: JobTable | undefined, expected: number): string | undefined {
  if (table === undefined) return 'its tables were not there';
  const { unprocessed, jobs } = table;
  const waiting = jobs.filter(({ state }) => !FINAL_STATES.has(state)).length;
  if (unprocessed === 0 && waiting === 0 && jobs.length >= expected) return undefined;
  return `${unprocessed} requests were unprocessed and ${waiting} of ${jobs.length} jobs (of ${expected} expected) were not final`;
}

/** Starts everything; `place.resources` stops it. */
export async function startRig(place: RigPlace, options: RigOptions): Promise<Rig> {
  const { requirements, resources, database, directory, logs } = place;
  const { keyIn = 'config' } = options;
  mkdirSync(directory, { recursive: true });
  const created = createDatabase(requirements.postgres, database);
  resources.add(async () => {
    await created.catch(() => {});
    await dropDatabase(requirements.postgres, database);
  });
  await created;

  const statsig = await startStatsig(
    SECRET_KEY,
    options.statsig ?? (() => undefined),
    options.statsigDelayMs ?? (() => 0),
  );
  resources.add(statsig.close);

  const [gatewayPort, pluginPort] = [await freePort(), await freePort()];
  const { settings = {} } = options;
  const statsigUrl = (await options.beforeStatsig?.(statsig.url, `http://127.0.0.1:${pluginPort}`)) ?? statsig.url;
  const document = {
    id: WORKSPACE,
    rudderstack: { destinationIds: [DESTINATION_ID], sourceIds: options.claimedSources ?? [] },
    eventsUrl: statsigUrl,
    apiUrl: statsigUrl,
    ...(keyIn === 'environment' && { secretKey: 'env:E2E_STATSIG_KEY' }),
    ...(typeof settings === 'function' ? settings(gatewayUrl(gatewayPort)) : settings),
  };
  const env = { ...(keyIn === 'environment' && { E2E_STATSIG_KEY: SECRET_KEY }), ...options.plugin };
  const plugin = await startPlugin({ env, document, directory, port: pluginPort }, resources);
  logs.push({ name: 'plugin', tail: plugin.tail });

  const workspace = workspaceConfig({
    config: keyIn === 'config' ? { secretKey: SECRET_KEY } : {},
    statsigName: options.statsigName ?? 'Statsig',
    destinations: options.otherDestinations ?? [],
    webhookSources: options.webhookSources ?? [],
  });
  const transformerUrl = (await options.between?.(plugin.url)) ?? plugin.url;
  const gateway = await startGateway(
    requirements,
    { port: gatewayPort, transformerUrl, workspace, env: options.server ?? {}, database, directory },
    resources,
  );
  logs.push({ name: 'rudder-server', tail: gateway.tail });

  return {
    statsig,
    plugin,
    gateway,
    directory,
    async settle(expected) {
      let jobs: readonly Job[] = [];
      await until('rudder-server gets done', async () => {
        gateway.assertAlive();
        const table = await readJobs(requirements.postgres, database);
        jobs = table?.jobs ?? [];
        return missingOf(table, expected);
      });
      if (options.outage !== true) assert.deepEqual(gateway.complaints(), [], 'warnings in the log of rudder-server');
      return jobs;
    },
  };
}
