// Starts the process's server from its environment and stops it without losing a request.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, type Logger, type LogWriter } from '../base/logger.js';
import { createSteadyClock } from '../base/steady-clock.js';
import { VERSION } from '../base/version.js';
import { hostOf } from '../call/http-request.js';
import { Lifecycle } from '../http/lifecycle.js';
import { watchUnreadable } from '../http/unreadable.js';
import { environmentWarnings, type ProcessSettings, readProcessSettings } from '../settings/process.js';
import { createWorkspaceStore, type WorkspaceStore } from '../settings/store.js';
import { type App, createApp } from './app.js';
import { openLog } from './open-log.js';
import { loadSharedOutbox } from './open-outbox.js';
import { openShared } from './open-shared.js';
import { assertUpstreamElsewhere } from './own-address.js';
import type { Crew } from './workers/crew.js';

/** A server that listens. */
export interface RunningServer {
  /** For rudder-server and operators. */
  readonly port: number;
  /** For senders outside, where there is such a listener. */
  readonly publicPort: number | undefined;
  readonly log: Logger;
  /**
   * Stops: refuses new work politely, lets requests in flight finish, and closes within the drain timeout, whatever is still open then. Asked again,
   * it waits for the same end.
   */
  stop(): Promise<void>;
}

/** Longer than the idle timeout of common load balancers, so that it is never us who close a connection they are about to use. */
const KEEP_ALIVE_MS = 65_000;

/** @param isShared whether other workers listen there, too */
function listen(server: Server, port: number, host: string | undefined, isShared = true): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: !isShared }, () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Time for the last answers to be read before what is left of the connections is cut, in milliseconds. */
const LAST_ANSWERS_MS = 500;

/** Closes the listener and every connection; none has a request any more that is worth waiting for. */
async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
  await closed;
  clearTimeout(cut);
}

/** Where a person on this machine finds the console. */
function consoleAddress(host: string | undefined, port: number): string {
  const isOfAll = host === undefined || host === '0.0.0.0' || host === '::';
  const name = isOfAll ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}/console/`;
}

/** Workspaces whose ids the line at the start names. */
const MAX_NAMED = 20;

/** The app on its listeners. */
interface Listening {
  readonly app: App;
  readonly port: number;
  readonly publicPort: number | undefined;
  closeServers(): Promise<void>;
}

/** Builds the app and listens. What cannot be had leaves nothing open. */
async function open(
  settings: ProcessSettings,
  store: WorkspaceStore,
  lifecycle: Lifecycle,
  log: Logger,
  crew: Crew | undefined,
): Promise<Listening> {
  const clock = createSteadyClock();
  const shared = await openShared(settings, clock, log);
  const openSharedOutbox = await loadSharedOutbox(settings);
  const app = createApp({
    ...{ settings, store, lifecycle, clock, shared, openSharedOutbox, log },
    ...(crew !== undefined && { crew }),
  });
  const serve = (handler: RequestListener) => {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handler);
    watchUnreadable(server, app.noteUnreadable);
    return server;
  };
  const server = serve(app.handler);
  const servers = [server];
  const closeServers = async () => void (await Promise.all(servers.map(closeServer)));
  try {
    const port = await listen(server, settings.port, settings.host);
    if (crew?.isFirst) servers.push(await crew.serveOthers(app.handler));
    // The events of senders go into the outbox: an embedded one is the first worker's.
    const isOfFirst = settings.sharedOutbox === undefined;
    if (settings.publicPort === undefined || (isOfFirst && crew?.isFirst === false))
      return { app, port, publicPort: undefined, closeServers };
    const publicServer = serve(app.publicHandler);
    const publicPort = await listen(publicServer, settings.publicPort, settings.publicHost, !isOfFirst);
    servers.push(publicServer);
    return { app, port, publicPort, closeServers };
  } catch (error) {
    await Promise.all(servers.filter(({ listening }) => listening).map(closeServer));
    throw error;
  }
}

/**
 * Reads the settings, loads the workspaces and listens.
 *
 * @param env environment variables, as manifest.json declares them
 * @param writeLog takes the lines of the log; standard output where it is not given
 * @param crew the workers that it is one of
 * @throws ProcessSettingsError, SettingsError, or the system's error when the port cannot be had
 */
export async function startServer(
  env: Readonly<Record<string, string | undefined>>,
  writeLog?: LogWriter,
  crew?: Crew,
): Promise<RunningServer> {
  const settings = readProcessSettings(env);
  assertUpstreamElsewhere(settings);
  const who = crew && { worker: crew.number };
  const log = createLogger(settings.logLevel, await openLog(settings.logFormat, writeLog), who);
  /** What all workers would say alike is said by one. */
  const isSpeaker = crew === undefined || crew.isFirst;
  if (isSpeaker) for (const warning of environmentWarnings(env)) log.warn({}, warning);
  const store = await createWorkspaceStore({
    location: settings.settingsLocation,
    explicit: settings.settingsLocationExplicit,
    pollMs: settings.settingsPollMs,
    ...(settings.settingsToken === undefined ? {} : { token: settings.settingsToken }),
    ...(settings.dataDir === undefined ? {} : { dataDir: settings.dataDir, keepsCopy: isSpeaker }),
    log,
  });
  const lifecycle = new Lifecycle();
  const { port, publicPort, app, closeServers } = await open(settings, store, lifecycle, log, crew).catch(
    async (error) => {
      await store.close();
      throw error;
    },
  );
  crew?.tellListening(publicPort);
  log.debug(
    { version: VERSION },
    `It answers on port ${port}; what an earlier run has left is read before it is ready`,
  );
  await app.start();
  if (isSpeaker) {
    await app
      .keepToken()
      .catch((error) => log.info({ err: error }, 'The token for the console cannot be written. ADMIN_TOKEN opens it.'));
    log.info(
      {
        version: VERSION,
        port,
        ...(publicPort !== undefined && { publicPort }),
        workspaces: store.documents.slice(0, MAX_NAMED).map(({ id }) => id),
        workspaceCount: store.documents.length,
        upstream: settings.upstreamUrl === undefined ? 'none' : hostOf(settings.upstreamUrl),
        routerTransform: settings.routerTransform,
      },
      `statsig-cdp listens on port ${port}${publicPort === undefined ? '' : `, for senders outside on port ${publicPort}`}`,
    );
    log.info({}, `The console: ${consoleAddress(settings.host, port)} (\`statsig-cdp console\` opens it signed in)`);
  }

  async function drain(): Promise<void> {
    const deadline = performance.now() + settings.drainTimeoutMs;
    log.info({ drainTimeoutMs: settings.drainTimeoutMs }, 'stopping');
    // It listens on meanwhile: rudder-server takes a refused connection much worse than a request to retry.
    await lifecycle.drain(settings.drainTimeoutMs);
    await app.close(Math.max(0, deadline - performance.now()));
    await closeServers();
    await store.close();
    log.info({}, 'stopped');
  }

  let stopped: Promise<void> | undefined;
  return {
    port,
    publicPort,
    log,
    stop() {
      stopped ??= drain();
      return stopped;
    },
  };
}
