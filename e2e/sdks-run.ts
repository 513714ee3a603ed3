// Lets all SDKs send at once while the plugin is killed, stopped and started, and compares what they report with what arrives.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Plugin, startPlugin } from './plugin.js';
import type { Resources } from './resources.js';
import type { FoundSdk } from './sdks-clients.js';
import { type FrontProxy, startProxy } from './sdks-proxies.js';
import { type Sender, startSender } from './sdks-sender.js';
import { startStatsig } from './statsig-stand-in.js';
import { until } from './wait.js';

const STATSIG_KEY = 'secret-example';

const SMALL_BYTES = 5 * 1024;
const LARGE_BYTES = 40 * 1024;

/** What each SDK sends at once before anything happens. */
const FIRST = { small: 40, large: 4 };

/** And then one event at a time while the plugin is disturbed; every tenth is large. */
const PACE_MS = 100;

/** The plugin is away for so long, and its start. RudderStack's Node SDK sends a batch every 2 s at this pace. */
const AWAY_MS = 4_000;

/** Before and between. */
const QUIET_MS = 3_000;

/** What became of the events of one SDK. */
export interface SdkOutcome {
  readonly sdk: FoundSdk;
  readonly given: number;
  readonly sent: number;
  /** Reported as sent, and not arrived. */
  readonly lost: readonly string[];
  /** How many by each reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** More often than once. */
  readonly repeated: number;
}

/** A reason without what differs from event to event. */
function kindOf(reason: string): string {
  return reason.replace(/(\d+\.){3}\d+:\d+|0x[\da-f]+|[\w-]+\/\d+|\d{4,}/g, '*').slice(0, 110);
}

function outcomeOf({ sdk, given, sent, failed }: Sender, arrivals: ReadonlyMap<string, number>): SdkOutcome {
  const failures = new Map<string, number>();
  for (const reason of failed.values()) failures.set(kindOf(reason), (failures.get(kindOf(reason)) ?? 0) + 1);
  return {
    sdk,
    given: given.size,
    sent: sent.size,
    lost: [...sent].filter((id) => !arrivals.has(id)),
    failures,
    repeated: [...given].filter((id) => (arrivals.get(id) ?? 0) > 1).length,
  };
}

/** Where the SDKs send to. */
export interface Way {
  readonly name: string;
  /** In front of the plugin. */
  readonly proxy?: FrontProxy;
  /** How many processes of the plugin there are: the second is stopped where the first was killed before. */
  readonly replicas: 1 | 2;
}

/** What a run needs. */
export interface SdksPlace {
  readonly sdks: readonly FoundSdk[];
  readonly way: Way;
  readonly directory: string;
  readonly resources: Resources;
}

function track(sender: Sender, index: number, bytes: number): void {
  sender.track(`${sender.sdk.id}/${index}`, bytes);
}

function sendFirst(sender: Sender): void {
  for (let index = 0; index < FIRST.small; index += 1) track(sender, index, SMALL_BYTES);
  sender.flush();
  for (let index = 0; index < FIRST.large; index += 1) track(sender, FIRST.small + index, LARGE_BYTES);
  sender.flush();
}

/** Kills the one, stops the other, and starts each again; it may be the same one. */
async function disturb(killed: Plugin, stopped: Plugin): Promise<void> {
  await sleep(QUIET_MS);
  await killed.stop('SIGKILL');
  await sleep(AWAY_MS);
  await killed.start();
  await sleep(QUIET_MS);
  await stopped.stop('SIGTERM');
  await sleep(AWAY_MS);
  await stopped.start();
  await sleep(QUIET_MS);
}

async function sendUntil(senders: readonly Sender[], end: Promise<void>): Promise<void> {
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  // It is awaited below, and must not end the process until then.
  over.catch(() => {});
  for (let step = 0; !isOver; step += 1) {
    const isLarge = step % 10 === 9;
    for (const sender of senders) {
      // An SDK that reports of groups is asked of the large one alone.
      if (isLarge) sender.flush();
      track(sender, 1_000 + step, isLarge ? LARGE_BYTES : SMALL_BYTES);
      if (isLarge) sender.flush();
    }
    await sleep(PACE_MS);
  }
  await over;
}

/** One run. @throws Error when what is accepted does not get out, or the stand-in for Statsig has seen what Statsig would refuse */
export async function runSdks({ sdks, way, directory, resources }: SdksPlace): Promise<readonly SdkOutcome[]> {
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
    trackingApi: { writeKeys: sdks.map(({ id }) => id) },
  };
  const start = (name: string): Promise<Plugin> => {
    const own = join(directory, name);
    mkdirSync(own, { recursive: true });
    return startPlugin({ env: {}, document, directory: own }, resources);
  };
  const killed = await start('first');
  const stopped = way.replicas === 1 ? killed : await start('second');
  const urls = [...new Set([killed.url, stopped.url])];
  const url =
    way.proxy === undefined
      ? killed.url
      : await startProxy(way.proxy, urls, join(directory, way.proxy.kind), resources);
  const senders = sdks.map((sdk) => startSender(sdk, url, sdk.id));
  resources.add(() => {
    for (const sender of senders) sender.kill();
  });
  const arrivals = () => {
    const counts = new Map<string, number>();
    for (const { metadata } of statsig.accepted) {
      const id = metadata?.id;
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  };

  for (const sender of senders) sendFirst(sender);
  await until(
    'the first events arrive',
    () => {
      const arrived = arrivals();
      const ids = senders.flatMap(({ given }) => [...given].slice(0, FIRST.small));
      const missing = ids.filter((id) => !arrived.has(id));
      return missing.length === 0 ? undefined : `${missing.length} are missing, such as ${missing[0]}`;
    },
    60_000,
  );
  await sendUntil(senders, disturb(killed, stopped));
  await Promise.all(senders.map((sender) => sender.end()));

  await until(
    'what is reported as sent arrives',
    () => {
      const arrived = arrivals();
      const missing = senders.reduce((sum, { sent }) => sum + [...sent].filter((id) => !arrived.has(id)).length, 0);
      return missing === 0 ? undefined : `${missing} are missing`;
    },
    20_000,
    // What is missing then is in the outcome, SDK by SDK.
  ).catch(() => {});
  if (statsig.faults.length > 0) throw new Error(`Statsig would refuse: ${statsig.faults[0]}`);
  const arrived = arrivals();
  return senders.map((sender) => outcomeOf(sender, arrived));
}
