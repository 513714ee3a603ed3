// Plays fixtures against the real app in this process: it listens, stores on disk and delivers, and what leaves it ends at stand-ins on loopback.

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallDesk, createCallDesk, type ReceivedCall } from '../src/contract/call-desk.js';
import { castFixtures, groupFixtures } from '../src/contract/conformance/groups.js';
import { fillEnvironment, fillSettings } from '../src/contract/fill-settings.js';
import { type CastFixture, type FixtureResult, playFixtures } from '../src/contract/play-fixtures.js';
import type { ReadFixture } from '../src/contract/read-fixtures.js';
import { openReceivers } from '../src/contract/receivers-on-loopback.js';
import type { ReceiverUrls } from '../src/contract/values.js';
import { testApp } from './app.js';
import { serve } from './loopback.js';
import { temporaryDirectory } from './settings.js';

const CLOSE_MS = 20_000;

/** Longest wait for what nothing in the fixtures expects. */
const SETTLE_MS = 3_000;
const LOOK_MS = 20;

/** Longest wait for an app that opens its outbox. */
const READY_MS = 10_000;

/** How long calls may take where the machine has much else to do. */
const PATIENCE_MS = 60_000;

/** Resolves when the process says that it is ready, or after a while: what is not ready then shows in the fixtures. */
async function untilReady(url: string): Promise<void> {
  const end = Date.now() + READY_MS;
  while (Date.now() < end && !(await fetch(`${url}/readyz`)).ok) await sleep(LOOK_MS);
}

/** Resolves when nothing waits in the outbox any more, or does not get less. */
async function untilNothingWaits(url: string): Promise<void> {
  const end = Date.now() + SETTLE_MS;
  while (Date.now() < end) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const waiting = [...metrics.matchAll(/^statsig_cdp_outbox_events\{[^}]*\} (\d+)$/gm)];
    if (waiting.every(([, count]) => count === '0')) return;
    await sleep(LOOK_MS);
  }
}

/** What fixtures of one process need of it. */
export interface AppNeeds {
  readonly documents: readonly object[];
  readonly environment: Readonly<Record<string, string>>;
  /** True where it is to refuse what comes, because it stops. */
  readonly stopping: boolean;
}

/** Opens an app that listens. */
export type OpenApp = (needs: AppNeeds) => Promise<{ readonly url: string; close(): Promise<void> }>;

/** The app as the process makes it. */
async function openProcessApp({ documents, environment, stopping }: AppNeeds) {
  const { handler, start, close, lifecycle } = testApp({ documents, environment });
  await start();
  if (stopping) await lifecycle.drain(0);
  const server = await serve(handler);
  return {
    url: server.url,
    async close() {
      await server.close();
      await close(CLOSE_MS);
    },
  };
}

/** Plays fixtures that need the same environment. */
async function playTogether(
  context: TestContext,
  cast: readonly CastFixture[],
  { desk, urls, open }: { readonly desk: CallDesk; readonly urls: ReceiverUrls; readonly open: OpenApp },
): Promise<readonly FixtureResult[]> {
  const [first] = cast;
  if (first === undefined) return [];
  const { url, close } = await open({
    documents: cast.flatMap(({ fixture, values }) => fillSettings(fixture, values, urls)),
    environment: {
      OUTBOX_DIRECTORY: join(temporaryDirectory(context), 'outbox'),
      ...fillEnvironment(first.fixture, first.values),
    },
    stopping: first.fixture.stopping === true,
  });
  try {
    if (first.fixture.stopping !== true) await untilReady(url);
    return await playFixtures(cast, {
      url,
      desk,
      patienceMs: PATIENCE_MS,
      settled: () => untilNothingWaits(url),
    });
  } finally {
    await close();
  }
}

/**
 * Plays fixtures, with one app for those that need the same environment, but those that have to be alone.
 *
 * @returns what came of each, and calls that were of none
 */
export async function playAgainstApp(
  context: TestContext,
  fixtures: readonly ReadFixture[],
  open: OpenApp = openProcessApp,
): Promise<{ readonly results: readonly FixtureResult[]; readonly strangers: readonly ReceivedCall[] }> {
  const desk = createCallDesk();
  const { urls, close } = await openReceivers(desk);
  context.after(close);
  const groups = groupFixtures(fixtures).map((group) => castFixtures(group, urls));
  const results = await Promise.all(groups.map((cast) => playTogether(context, cast, { desk, urls, open })));
  return { results: results.flat(), strangers: desk.strangers };
}
