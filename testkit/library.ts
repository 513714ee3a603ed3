// The plugin as a part of an Express app of somebody else's, on loopback.

import type { Server } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import express, { type Express } from 'express';
import type { Difference } from '../src/contract/match.js';
import type { FixtureResult } from '../src/contract/play-fixtures.js';
import { createStatsigCdp, type StatsigCdp, type StatsigCdpOptions } from '../src/index.js';
import type { OpenApp } from './fixture-stage.js';
import { serve } from './loopback.js';
import { onePort } from './one-port.js';
import { temporaryDirectory } from './settings.js';

/** How the host is set up. */
export interface HostOptions extends StatsigCdpOptions {
  /** Where the plugin is mounted. */
  readonly path?: string;
  /** Mounts what the host has before the plugin. */
  readonly before?: (app: Express) => void;
  /** Mounts what the host has behind it. */
  readonly behind?: (app: Express) => void;
}

/** A started plugin in a host that listens. */
export interface LibraryHost {
  readonly cdp: StatsigCdp;
  /** Of the host. */
  readonly url: string;
  /** Of the plugin. */
  readonly mounted: string;
  readonly server: Server;
}

/** Starts it, with a directory of its own; closed with the test. */
export async function serveLibrary(context: TestContext, options: HostOptions = {}): Promise<LibraryHost> {
  const { path = '/cdp', before, behind, environment, ...rest } = options;
  const directory = temporaryDirectory(context);
  const cdp = createStatsigCdp({
    ...rest,
    environment: { OUTBOX_DIRECTORY: join(directory, 'outbox'), ...environment },
  });
  const app = express();
  before?.(app);
  app.use(path, cdp.router);
  behind?.(app);
  const { url, server, close } = await serve(app);
  context.after(async () => {
    await cdp.close();
    await close();
  });
  await cdp.start();
  return { cdp, url, mounted: `${url}${path}`, server };
}

/** Where fixtures are played. */
const MOUNTED_AT = '/some/where';

/** An SDK has to be told of the path that it is to send to: here that is another one than in the fixture. */
function isOfPath({ expected, actual }: Difference): boolean {
  return typeof expected === 'string' && actual === expected.replace(/\/v1$/, `${MOUNTED_AT}/v1`);
}

/** What is not as it should be where the plugin is mounted, by fixture; and how many tell an SDK of the path. */
export function differencesMounted(results: readonly FixtureResult[]) {
  const failed = results.flatMap(({ file, differences }) => {
    const others = differences.filter((difference) => !isOfPath(difference));
    return others.length === 0 ? [] : [{ file, differences: others.slice(0, 3) }];
  });
  return { failed, ofPath: results.filter(({ differences }) => differences.some(isOfPath)).length };
}

/** The plugin at a path of a host that has other routes, as fixtures need it. */
export const openMountedApp: OpenApp = async ({ documents, environment, stopping }) => {
  const cdp = createStatsigCdp({ settings: documents, environment: onePort(environment), serves: 'all' });
  await cdp.start();
  const app = express();
  app.get('/', (_request, response) => void response.send('host'));
  app.use(MOUNTED_AT, cdp.router);
  app.use(express.json());
  app.use((_request, response) => void response.status(418).send('host'));
  if (stopping) await cdp.close();
  const { url, close } = await serve(app);
  return {
    url: `${url}${MOUNTED_AT}`,
    async close() {
      await close();
      await cdp.close();
    },
  };
};
