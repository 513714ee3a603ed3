// Starts what a scenario needs: the built plugin in an empty directory, stand-ins for Statsig, Segment and RudderStack, and pages in a browser.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createSegmentStandIn, type SegmentStandIn } from '../../src/contract/stand-ins/segment-stand-in.js';
import { createStatsigStandIn, type StatsigStandIn } from '../../src/contract/stand-ins/statsig-stand-in.js';
import type { Child } from '../child.js';
import { type Plugin, startPlugin } from '../plugin.js';
import type { Close, Resources } from '../resources.js';
import { until } from '../wait.js';
import { inspect } from './inspect.js';
import { type Keyboard, keyboardOf } from './keyboard.js';
import { PLACE } from './place.js';
import type { ConsoleScenario } from './scenario.js';
import { createSenders, type Senders } from './senders.js';
import { type Look, openWatched, type WatchedPage } from './watched-page.js';
import { layWire, type Wire } from './wire.js';

const PATIENCE_MS = 10_000;

/** How a page is opened. */
export interface OpenOptions extends Look {
  /** Fragment: `/live`. Default: none. */
  readonly at?: string;
  /** Default: `write`. `no` shows the sign-in. */
  readonly as?: 'write' | 'read' | 'no';
  /** Where the browser finds the plugin. Default: where it listens. */
  readonly through?: string;
}

/** A page with its keys. */
export interface OpenedPage extends WatchedPage {
  readonly keys: Keyboard;
}

/** What is running. */
export interface ConsoleRig {
  readonly plugin: Plugin;
  /** Its settings document, a file. */
  readonly settingsFile: string;
  /** The directory of the plugin. */
  readonly directory: string;
  readonly statsig: StatsigStandIn;
  readonly segment: SegmentStandIn;
  readonly rudderstack: SegmentStandIn;
  readonly send: Senders;
  /** Opens the console. At the end of the scenario each page must be without fault. */
  open(options?: OpenOptions): Promise<OpenedPage>;
  /** Opens a page of another plugin, by its whole address. It is watched as the others are. */
  openAt(address: string): Promise<OpenedPage>;
  /** Remembers what has to be stopped when the scenario is over. */
  keep(close: Close): void;
  /** Remembers what must hold at the end of the scenario. @param check throws where it does not */
  atEnd(check: () => void): void;
  /** Looks at what a page shows now, with axe, in light and dark, at 1280 and 380 pixels. What pages show at the end is looked at anyway. */
  inspect(page: Page, what: string): Promise<void>;
  /** Lays a wire to the plugin, for `through`. */
  layWire(): Promise<Wire>;
  /** Waits for something outside of the page. @param missing what is missing; undefined when it is there */
  until(what: string, missing: () => Promise<string | undefined> | string | undefined): Promise<void>;
}

/** Where to put things, and whose logs to show when a scenario fails. */
export interface ConsolePlace {
  readonly browser: Browser;
  readonly resources: Resources;
  /** Must not exist yet. */
  readonly directory: string;
  readonly logs: Pick<Child, 'name' | 'tail'>[];
}

/** A rig and what is looked at when its scenario is over. */
export interface StartedRig {
  readonly rig: ConsoleRig;
  /** @throws where a page has faults, or axe finds some */
  readonly finish: () => Promise<void>;
}

function settingsOf(statsig: string, segment: string, rudderstack: string): object {
  return {
    id: PLACE.workspace,
    secretKey: PLACE.secretKey,
    consoleKey: PLACE.consoleKey,
    eventsUrl: statsig,
    apiUrl: statsig,
    consoleUrl: statsig,
    identifierMappings: [{ from: 'anonymousId', to: 'segmentAnonymousId' }],
    trackingApi: { writeKeys: [PLACE.writeKey] },
    segment: { headerSecrets: [PLACE.headerSecret] },
    audiences: { windowMs: 100 },
    outbound: {
      signingSecrets: [PLACE.signingSecret],
      targets: [
        { name: 'segment', writeKey: 'segment-shop', host: segment },
        { name: 'rudderstack', writeKey: 'rudderstack-shop', host: rudderstack },
      ],
    },
  };
}

/** Signs in by the form, as people do. */
export async function signIn(page: Page, as: 'write' | 'read'): Promise<void> {
  await page.getByLabel('Token').fill(as === 'write' ? PLACE.adminToken : PLACE.readToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

/** Starts everything but the pages. */
export async function startConsoleRig(
  { browser, resources, directory, logs }: ConsolePlace,
  { settings = {}, env = {} }: Pick<ConsoleScenario, 'settings' | 'env'>,
): Promise<StartedRig> {
  mkdirSync(directory, { recursive: true });
  const keep = <Opened extends { close(): Promise<void> }>(each: Opened): Opened => {
    resources.add(() => each.close());
    return each;
  };
  const statsig = keep(await createStatsigStandIn({ keys: [PLACE.secretKey, PLACE.consoleKey] }));
  const segment = keep(await createSegmentStandIn());
  const rudderstack = keep(await createSegmentStandIn({ as: 'rudderstack' }));
  statsig.makeList(PLACE.audience);
  const plugin = await startPlugin(
    {
      env: {
        ADMIN_TOKEN: PLACE.adminToken,
        ADMIN_READ_TOKEN: PLACE.readToken,
        OUTBOX_DIRECTORY: join(directory, 'outbox'),
        OUTBOX_RESERVE_BYTES: '0',
        ...env,
      },
      document: { ...settingsOf(statsig.url, segment.url, rudderstack.url), ...settings },
      directory,
    },
    resources,
  );
  logs.push({ name: 'plugin', tail: plugin.tail });
  const opened: OpenedPage[] = [];
  const checks: (() => void)[] = [];
  const openOne = async (address: string, look: Look): Promise<OpenedPage> => {
    const watched = await openWatched(browser, new URL(address).origin, look);
    resources.add(watched.close);
    const one = { ...watched, keys: keyboardOf(watched.page) };
    opened.push(one);
    await watched.page.goto(address);
    return one;
  };
  const rig: ConsoleRig = {
    plugin,
    settingsFile: join(directory, 'settings.json'),
    directory,
    statsig,
    segment,
    rudderstack,
    send: createSenders(plugin.url),
    async open({ at = '', as = 'write', through = plugin.url, ...look } = {}) {
      const one = await openOne(`${through}/console/${at === '' ? '' : `#${at}`}`, look);
      if (as !== 'no') await signIn(one.page, as);
      return one;
    },
    openAt: (address) => openOne(address, {}),
    keep: (close) => resources.add(close),
    atEnd: (check) => void checks.push(check),
    inspect,
    layWire: async () => keep(await layWire(plugin.url)),
    until: (what, missing) => until(what, missing, PATIENCE_MS),
  };
  return {
    rig,
    async finish() {
      for (const { page, assertClean } of opened) {
        assertClean();
        if (page.isClosed()) continue;
        await inspect(page, 'at the end');
        assertClean();
      }
      for (const check of checks) check();
    },
  };
}
