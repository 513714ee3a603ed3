// Starts what one check needs: a stand-in for Statsig, the plugin, and pages in a browser.

import { mkdirSync } from 'node:fs';
import { CONVERSION_SETTINGS } from './browser-calls.js';
import { openPage } from './browser-chromium.js';
import { type Page, type PageOptions, type Report, servePage, type Visit } from './browser-page.js';
import type { BrowserRequirements } from './browser-requirements.js';
import type { Child } from './child.js';
import { type Plugin, startPlugin } from './plugin.js';
import type { Resources } from './resources.js';
import { type StatsigStandIn, startStatsig } from './statsig-stand-in.js';
import { until } from './wait.js';

/** The write key of the plugin's one workspace. */
export const WRITE_KEY = 'shop-web';

const STATSIG_KEY = 'secret-example';

/** How long anything may take before the check fails. */
const PATIENCE_MS = 15_000;

/** A page whose calls are made. */
export interface Visited {
  readonly page: Page;
  readonly report: Report;
}

/** What is running. */
export interface BrowserRig {
  readonly statsig: StatsigStandIn;
  readonly plugin: Plugin;
  /** Address of the plugin as the SDK's `apiHost`: without the protocol. */
  readonly apiHost: string;
  /** Opens a page, of an origin of its own, and waits for its report. */
  visit(makeVisit: (pageUrl: string) => Visit): Promise<Visited>;
  /** Waits until so many events have arrived at Statsig. */
  arrived(events: number, patienceMs?: number): Promise<void>;
}

/** Where to put things, and whose logs to show when a check fails. */
export interface BrowserPlace {
  readonly requirements: BrowserRequirements;
  readonly resources: Resources;
  /** Must not exist yet. */
  readonly directory: string;
  readonly logs: Pick<Child, 'name' | 'tail'>[];
}

/** Opens a page, of an origin of its own, and waits for its report. */
export async function visitPage(
  { requirements, resources, directory, logs }: BrowserPlace,
  options: Omit<PageOptions, 'sdkFile'>,
  patienceMs = PATIENCE_MS,
): Promise<Visited> {
  const page = await servePage({ sdkFile: requirements.sdkFile, ...options });
  resources.add(page.close);
  const chromium = await openPage(requirements.chromium, page.url, directory, resources);
  logs.push({ name: 'chromium', tail: (lines) => chromium.console.slice(-lines) });
  await until(
    'the page makes its calls',
    () => {
      const end = chromium.end();
      if (end !== undefined) throw new Error(`Chromium ended with ${end}`);
      return page.report() === undefined ? 'it has not reported' : undefined;
    },
    patienceMs,
  );
  const report = page.report();
  if (report === undefined) throw new Error('the report is gone');
  return { page, report };
}

/** Starts everything but the pages. */
export async function startBrowserRig({ requirements, resources, directory, logs }: BrowserPlace): Promise<BrowserRig> {
  mkdirSync(directory, { recursive: true });
  const statsig = await startStatsig(
    STATSIG_KEY,
    () => undefined,
    () => 0,
  );
  resources.add(statsig.close);
  const document = {
    id: 'shop',
    secretKey: STATSIG_KEY,
    eventsUrl: statsig.url,
    trackingApi: { writeKeys: [WRITE_KEY] },
    ...CONVERSION_SETTINGS,
  };
  const plugin = await startPlugin({ env: {}, document, directory }, resources);
  logs.push({ name: 'plugin', tail: plugin.tail });

  return {
    statsig,
    plugin,
    apiHost: `${new URL(plugin.url).host}/v1`,
    visit: (makeVisit) => visitPage({ requirements, resources, directory, logs }, { makeVisit, pluginUrl: plugin.url }),
    arrived: (events, patienceMs = PATIENCE_MS) =>
      until(
        `${events} events arrive at Statsig`,
        () => (statsig.accepted.length < events ? `${statsig.accepted.length} have` : undefined),
        patienceMs,
      ),
  };
}
