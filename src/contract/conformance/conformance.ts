// Plays fixtures against a target, between stand-ins for everybody it calls, and says which hold.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callHttp } from '../../call/http-call.js';
import { hostOf } from '../../call/http-request.js';
import { type CallDesk, createCallDesk } from '../call-desk.js';
import { fillEnvironment } from '../fill-settings.js';
import type { Receiver } from '../fixture.js';
import { type CastFixture, type FixtureResult, playFixtures } from '../play-fixtures.js';
import type { ReadFixture } from '../read-fixtures.js';
import { type OpenReceivers, openReceivers, type ReceiversOptions } from '../receivers-on-loopback.js';
import type { ReceiverUrls } from '../values.js';
import { castFixtures, groupFixtures, nameEnvironment } from './groups.js';
import type { Outcome } from './outcome.js';
import { namesOutsideHosts } from './outside-hosts.js';
import { scratchDirectory, writeFirstSettings, writeSettings } from './settings-directory.js';
import { beginToStop } from './stopping.js';
import { ConformanceError, type GivenTarget, type RunningTarget, type StartTarget, type Target } from './target.js';

/** What is played, and against what. */
export interface ConformanceOptions {
  readonly target: Target;
  readonly fixtures: readonly ReadFixture[];
  /** Milliseconds to wait for calls. Default: 20 000. */
  readonly patienceMs?: number;
  readonly standIns?: ReceiversOptions;
}

/** So long no call comes when the target has made all of its calls. */
const QUIET_MS = 1_000;
/** Longest wait for that. */
const SETTLE_MS = 10_000;
const LOOK_MS = 50;
/** Who says nothing to a plain GET for so long is taken to be no one. */
const ANYONE_MS = 10_000;

function unseen(each: ReadFixture, reason: string): Outcome {
  return { file: each.file, fixture: each.fixture, verdict: 'unseen', differences: [], reason };
}

function judge({ file, fixture, differences }: FixtureResult): Outcome {
  return { file, fixture, verdict: differences.length === 0 ? 'held' : 'failed', differences };
}

function total(receivers: OpenReceivers): number {
  return Object.values(receivers.counts()).reduce((sum, count) => sum + count, 0);
}

async function untilQuiet(receivers: OpenReceivers): Promise<void> {
  const end = Date.now() + SETTLE_MS;
  let seen = total(receivers);
  let since = Date.now();
  while (Date.now() < end && Date.now() - since < QUIET_MS) {
    await sleep(LOOK_MS);
    const now = total(receivers);
    if (now === seen) continue;
    seen = now;
    since = Date.now();
  }
}

/** The program that fixtures are played against, and the stand-ins around it. */
interface Scene {
  readonly desk: CallDesk;
  readonly receivers: OpenReceivers;
  readonly patienceMs: number | undefined;
}

async function play(
  target: RunningTarget,
  cast: readonly CastFixture[],
  { desk, receivers, patienceMs }: Scene,
): Promise<readonly FixtureResult[]> {
  if (cast.length === 0) return [];
  const { url, publicUrl } = target;
  return playFixtures(cast, {
    url,
    ...(publicUrl !== undefined && { publicUrl }),
    ...(patienceMs !== undefined && { patienceMs }),
    desk,
    settled: () => untilQuiet(receivers),
  });
}

/** Starts a process for the fixtures of one group, and ends it. */
async function playStarted(
  start: StartTarget,
  fixtures: readonly ReadFixture[],
  scene: Scene,
): Promise<readonly Outcome[]> {
  const { urls } = scene.receivers;
  const cast = castFixtures(fixtures, urls);
  const scratch = await scratchDirectory();
  try {
    const needs = { settingsDirectory: join(scratch.path, 'settings'), dataDirectory: join(scratch.path, 'data') };
    for (const path of Object.values(needs)) await mkdir(path);
    writeFirstSettings(needs.settingsDirectory, cast, urls);
    const [first] = cast;
    const environment = first === undefined ? {} : fillEnvironment(first.fixture, first.values);
    const started = await start({ ...needs, environment });
    const stopping = first?.fixture.stopping ? await beginToStop(started) : undefined;
    try {
      return (await play(started, cast, scene)).map(judge);
    } finally {
      await (stopping === undefined ? started.stop() : stopping.end());
    }
  } finally {
    await scratch.remove();
  }
}

/** Where a receiver was never called, a target that we could not tell its address may call another one. */
function judgeWithoutSettings(result: FixtureResult, counts: Readonly<Record<Receiver, number>>): Outcome {
  const outcome = judge(result);
  const expected = result.fixture.exchanges.flatMap(({ calls = [] }) => calls.map(({ to }) => to));
  const [silent] = expected.filter((to) => counts[to] === 0);
  const isOnlyThat = result.differences.every(({ where }) => /^exchanges\[\d+\]\.calls /.test(where));
  if (outcome.verdict === 'held' || silent === undefined || !isOnlyThat) return outcome;
  return unseen(result, `the target does not deliver to the stand-in for ${silent}`);
}

async function requireAddress(name: string, url: string): Promise<void> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new ConformanceError(`${name} is no URL: it begins with http:// or https://.`);
  const outcome = await callHttp({ method: 'GET', url: `${url}/`, headers: {} }, { timeoutMs: ANYONE_MS });
  if (outcome.kind === 'unanswered')
    throw new ConformanceError(`${hostOf(url)} does not answer as a web server: ${outcome.message}.`);
}

async function requireTarget({ url, publicUrl }: RunningTarget): Promise<void> {
  await requireAddress('The address', url);
  if (publicUrl !== undefined) await requireAddress('The public address', publicUrl);
}

function obstacleOf(each: CastFixture, target: GivenTarget, urls: ReceiverUrls): string | undefined {
  const { fixture, values } = each;
  const { settings = [], environment = {}, alone, stopping } = fixture;
  if (stopping) return 'it is about a process while it stops';
  if (alone) return 'it needs a process that has no other settings documents';
  if (nameEnvironment(fillEnvironment(fixture, values)) !== nameEnvironment(target.environment ?? {})) {
    const names = Object.keys(environment).join(', ');
    return names === ''
      ? 'it is for a process without the variables that this one was started with'
      : `it needs a process that was started with its ${names}`;
  }
  if (settings.length > 0 && target.settingsDirectory === undefined)
    return 'it needs settings documents, and no directory is named that the target reads';
  // What takes our settings is this plugin, which refuses such hosts. Of anything else that is not known.
  if (target.settingsDirectory === undefined && namesOutsideHosts(each, urls))
    return 'it asks for a call to a host that is no stand-in, which the target might make';
  return undefined;
}

/** Plays what can be played against a program as it runs. */
async function playGiven(
  target: GivenTarget,
  fixtures: readonly ReadFixture[],
  scene: Scene,
): Promise<readonly Outcome[]> {
  await requireTarget(target);
  const { settingsDirectory } = target;
  const { urls } = scene.receivers;
  const outcomes: Outcome[] = [];
  const cast: CastFixture[] = [];
  for (const each of castFixtures(fixtures, urls)) {
    const obstacle = obstacleOf(each, target, urls);
    if (obstacle === undefined) cast.push(each);
    else outcomes.push(unseen(each, obstacle));
  }
  if (settingsDirectory === undefined) {
    const results = await play(target, cast, scene);
    const counts = scene.receivers.counts();
    return [...outcomes, ...results.map((result) => judgeWithoutSettings(result, counts))];
  }
  const settings = writeSettings(settingsDirectory, cast, urls);
  try {
    await settings.inForce(target);
    return [...outcomes, ...(await play(target, cast, scene)).map(judge)];
  } finally {
    await settings.remove();
  }
}

/** Processes that run at the same time. */
const STARTED_AT_ONCE = 3;

async function amongReceivers(
  { patienceMs, standIns }: Pick<ConformanceOptions, 'patienceMs' | 'standIns'>,
  run: (scene: Scene) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const desk = createCallDesk();
  const receivers = await openReceivers(desk, standIns);
  try {
    return await run({ desk, receivers, patienceMs });
  } finally {
    await receivers.close();
  }
}

/** Each process has stand-ins of its own, so that what passes through to an upstream is known to be its own. After a process that does not start no other is started. */
async function playAllStarted(start: StartTarget, options: ConformanceOptions): Promise<readonly Outcome[]> {
  const groups = [...groupFixtures(options.fixtures)];
  const outcomes: Outcome[] = [];
  const playOn = async () => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const fixtures = group;
      outcomes.push(...(await amongReceivers(options, (scene) => playStarted(start, fixtures, scene))));
    }
  };
  const atOnce = options.standIns?.port === undefined ? STARTED_AT_ONCE : 1;
  const playing = Array.from({ length: atOnce }, () =>
    playOn().catch((error: unknown) => {
      groups.length = 0;
      throw error;
    }),
  );
  await Promise.allSettled(playing);
  await Promise.all(playing);
  return outcomes;
}

/**
 * Plays fixtures and says which hold, which fail and which cannot be seen at this target.
 *
 * @returns an outcome for each fixture, in their order
 * @throws ConformanceError where nothing can be played at all
 */
export async function checkConformance(options: ConformanceOptions): Promise<readonly Outcome[]> {
  const { target, fixtures } = options;
  const outcomes =
    'start' in target
      ? await playAllStarted(target.start, options)
      : await amongReceivers(options, (scene) => playGiven(target, fixtures, scene));
  const byFile = new Map(outcomes.map((outcome) => [outcome.file, outcome]));
  return fixtures.flatMap(({ file }) => byFile.get(file) ?? []);
}
