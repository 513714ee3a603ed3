// The whole plugin as a part of somebody else's program.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { PluginError } from '../base/errors.js';
import { createLogger, type Logger } from '../base/logger.js';
import { pathOf } from '../http/address.js';
import { withSingleSlashes } from '../http/doubled-slashes.js';
import { Lifecycle } from '../http/lifecycle.js';
import { sendError } from '../http/send-response.js';
import type { MetricsRegistry } from '../operate/metrics.js';
import { type App, createApp, type Host } from '../server/app.js';
import { type ProcessSettings, ProcessSettingsError, readProcessSettings } from '../settings/process.js';
import { Hooks, type Listener, type Notices } from './hooks.js';
import { openSettings } from './settings.js';

/** Which paths a router answers: those for senders outside, those for rudder-server and operators, or both. */
export type ServedPaths = 'public' | 'private' | 'all';

/** How the plugin is set up. Nothing of it is read from `process.env`. */
export interface StatsigCdpOptions {
  /**
   * Settings documents as values; or the path of a file or directory, or the http(s) URL of a config service, whose edits are noticed. Default:
   * what `STATSIG_CDP_SETTINGS` of `environment` says; without it the built-in workspace `default`, which sends nothing.
   */
  readonly settings?: string | readonly object[];
  /**
   * What the process reads from environment variables, by the names of docs/settings.md: `OUTBOX_DIRECTORY`, `MAX_BODY_BYTES`… Variables that settings documents name
   * (`env:NAME`) are looked for here, too. `process.env` may be given. Those about ports have no effect, but for `SINGLE_PORT`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * What `router` and `handler` answer. Default: `public`. `all` is refused where a settings document holds a secret, because the answers to rudder-server hold it too,
   * unless `SINGLE_PORT` of `environment` is `true`.
   */
  readonly serves?: ServedPaths;
  /** True: a path that is none of ours goes to the next handler of the host. Default: it is answered 404 with the nearest route. */
  readonly fallthrough?: boolean;
  /** The host's logger, pino or like it. Default: nothing is logged. */
  readonly logger?: Logger;
  /** The host's registry of prom-client, which gets the metrics, too. Those of the process (`process_…`, `nodejs_…`) are the host's own. */
  readonly registry?: MetricsRegistry;
}

/** Answers a request, for Express or for node:http; `next` gets what is none of ours, where the options say so. */
export type Router = (request: IncomingMessage, response: ServerResponse, next: (fault?: unknown) => void) => void;

/** The plugin in a program. */
export interface StatsigCdp {
  /** For `app.use('/cdp', cdp.router)` of Express 5, before `express.json()` and everything else that reads bodies. */
  readonly router: Router;
  /** The same for `node:http`. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** What rudder-server and operators ask, for another listener than `router`'s: the internet must not reach it, because its answers hold keys. */
  readonly privateRouter: Router;
  /**
   * Loads the settings, and delivers what an earlier run left in the outbox. Until then requests are answered 503, to be sent again.
   *
   * @throws SettingsError, ProcessSettingsError, or an Error where the registry has metrics of these names already; it may be called again then
   */
  start(): Promise<void>;
  /** Refuses new requests, waits for those under way and for deliveries, `DRAIN_TIMEOUT_MS` at most, and leaves nothing open. What is not delivered stays on disk. */
  close(): Promise<void>;
  /** Tells a listener of something, after the answer. @returns stops telling it */
  on<Name extends keyof Notices>(name: Name, listener: Listener<Name>): () => void;
}

const WAYS_OUT =
  "Set `serves: 'public'` and mount `privateRouter` where only rudder-server and operators reach it, or SINGLE_PORT=true where a proxy lets senders outside reach their own paths only.";

/** One slash behind a path, or two where there should be one, make no difference, as for the routes. */
function pathAsDeclared({ url = '' }: IncomingMessage): string {
  return pathOf({ url: withSingleSlashes(url) }).replace(/\/$/, '');
}

/** Another router serves the rest, as another port does. */
const ELSEWHERE = { publicPort: 0, singlePort: false };

function settingsFor(serves: ServedPaths, settings: ProcessSettings): ProcessSettings {
  return { ...settings, ...(serves === 'all' ? { publicPort: undefined } : ELSEWHERE) };
}

/**
 * Makes the plugin for a program of your own. Nothing is opened before `start`, no signal is listened to, the process is never ended, and several of them stand side by side: each has its own
 * settings, metrics and `OUTBOX_DIRECTORY`.
 *
 * @throws ProcessSettingsError for a variable that cannot be used
 */
export function createStatsigCdp(options: StatsigCdpOptions = {}): StatsigCdp {
  const { environment = {}, serves = 'public', fallthrough = false, logger: log = createLogger('silent') } = options;
  const process = readProcessSettings(environment);
  if (process.sharedOutbox !== undefined || process.workers !== 1)
    throw new ProcessSettingsError(
      'OUTBOX_URL and WORKERS are for a process of its own (npx statsig-cdp serve): the outbox of a program that holds the plugin is embedded, and its workers are its own.',
    );
  const settings = settingsFor(serves, process);
  const lifecycle = new Lifecycle();
  const hooks = new Hooks(log);
  let opening: Promise<() => Promise<void>> | undefined;
  let app: App | undefined;
  let closing: Promise<void> | undefined;

  /** @returns closes what it has opened */
  async function open(): Promise<() => Promise<void>> {
    const store = await openSettings({ given: options.settings, process, environment, log });
    try {
      const host: Host = { registry: options.registry, observe: hooks.observe, waysOut: WAYS_OUT };
      const opened = createApp({ settings, store, lifecycle, log, host });
      app = opened;
      await opened.start();
      return async () => {
        const deadline = performance.now() + settings.drainTimeoutMs;
        await lifecycle.drain(settings.drainTimeoutMs);
        await opened.close(Math.max(0, deadline - performance.now()));
        await store.close();
        hooks.flush();
      };
    } catch (error) {
      await app?.close(0);
      app = undefined;
      await store.close();
      throw error;
    }
  }

  const routerOf =
    (isPublic: boolean): Router =>
    (request, response, next) => {
      if (app === undefined) return sendError(response, new PluginError('SETTINGS_NOT_LOADED'));
      if (fallthrough && !app.isOwnPath(pathAsDeclared(request), isPublic)) return next();
      const answer = isPublic ? app.publicHandler : app.handler;
      answer(request, response, next);
    };
  const router = routerOf(serves === 'public');

  return {
    router,
    handler: (request, response) =>
      router(request, response, () => sendError(response, new PluginError('ROUTE_UNKNOWN'))),
    privateRouter: routerOf(false),
    async start() {
      if (closing !== undefined) throw new Error('This statsig-cdp is closed. Make another one.');
      opening ??= open();
      await opening.catch((error) => {
        opening = undefined;
        throw error;
      });
    },
    close() {
      closing ??= (async () => (await opening?.catch(() => undefined))?.())();
      return closing;
    },
    on: (name, listener) => hooks.on(name, listener),
  };
}
