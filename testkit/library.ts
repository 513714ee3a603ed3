// The plugin as a part of an Express app of somebody else's, on loopback.

import type { Server } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import express, { type Express } from 'express';
import { createStatsigCdp, type StatsigCdp, type StatsigCdpOptions } from '../src/index.js';
import { serve } from './loopback.js';
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
