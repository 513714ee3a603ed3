// Records what Segment's browser SDK sends out of Chromium to the plugin's Tracking API.

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freePort } from '../testkit/free-port.js';
import { CALLS } from './browser-calls.js';
import type { Visit } from './browser-page.js';
import type { BrowserRequirements } from './browser-requirements.js';
import { visitPage } from './browser-rig.js';
import { inlineSettings } from './browser-scenarios.js';
import { startPlugin } from './plugin.js';
import { type Recordable, type RecordPlace, startRecording } from './record-place.js';
import { prepareTrackingApi, WRITE_KEY } from './record-tracking-api.js';
import { until } from './wait.js';

const PAGE_CALLS = 4;

/** A recorder lets single calls through one after the other. */
const PATIENCE_MS = 60_000;

interface Way {
  readonly file: string;
  readonly title: string;
  readonly why: string;
  readonly visit: (recorderUrl: string) => Visit;
}

function apiHostOf(recorderUrl: string): string {
  return `${new URL(recorderUrl).host}/v1`;
}

function batching(recorderUrl: string, timeout: number, leave: boolean): Visit {
  const load = inlineSettings(
    apiHostOf(recorderUrl),
    { strategy: 'batching', config: { size: 100, timeout } },
    WRITE_KEY,
  );
  return { load, calls: CALLS, leave };
}

const WAYS: readonly Way[] = [
  {
    file: 'single',
    title: 'analytics-next reads its settings from the plugin and makes single calls',
    why: 'A page asks for settings, asks for leave before each first call, and sends what it is as text.',
    // The plugin answers with an address of its own, where the recorder is not.
    visit: (url) => ({
      load: { writeKey: WRITE_KEY, cdnURL: url },
      options: { integrations: { 'Segment.io': { apiHost: apiHostOf(url), protocol: 'http' } } },
      calls: CALLS,
    }),
  },
  {
    file: 'batched',
    title: 'analytics-next sends its calls as one batch',
    why: 'With the batching strategy all calls of a page come in one request.',
    visit: (url) => batching(url, 300, false),
  },
  {
    file: 'beacon',
    title: 'analytics-next sends its batch while the page is left',
    why: 'What waits when a page is left must come in one request that outlives the page.',
    visit: (url) => batching(url, 600_000, true),
  },
];

function sdkVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('@segment/analytics-next/package.json');
  return version;
}

async function record(requirements: BrowserRequirements, { directory, resources }: RecordPlace): Promise<number> {
  const { statsig, port, receivers, document } = await prepareTrackingApi({ resources });
  const pagePorts = await Promise.all(WAYS.map(() => freePort()));
  const recorder = await startRecording(
    {
      ...{ id: 'analytics-next', name: 'analytics-next in Chromium,', version: sdkVersion() },
      to: `http://127.0.0.1:${port}`,
      receivers,
      settings: [JSON.stringify(document)],
      texts: pagePorts.map((pagePort) => [`localhost:${pagePort}`, 'shop.example']),
    },
    resources,
  );
  await startPlugin({ env: {}, document, directory, port }, resources);
  for (const [index, { visit, ...label }] of WAYS.entries()) {
    const place = { requirements, resources, directory: `${directory}/${label.file}`, logs: [] };
    mkdirSync(place.directory);
    await visitPage(
      place,
      {
        makeVisit: () => visit(recorder.url),
        pluginUrl: recorder.url,
        port: pagePorts[index] ?? 0,
      },
      PATIENCE_MS,
    );
    const expected = PAGE_CALLS * (index + 1);
    await until('the events arrive at Statsig', () =>
      statsig.accepted.length < expected ? `${statsig.accepted.length} of ${expected} have` : undefined,
    );
    await recorder.cut(label);
  }
  return recorder.finish();
}

/** Chromium and the SDK are there. */
export function recordableBrowser(requirements: BrowserRequirements): Recordable {
  return { id: 'analytics-next', record: (place) => record(requirements, place) };
}
