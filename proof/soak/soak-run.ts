// One soak: all kinds of traffic at once while the weather changes; then all must be where it belongs and nothing may be left behind.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../testkit/random.js';
import type { Outcome } from '../faults/fault-rig.js';
import { withRig } from '../faults/fault-rig.js';
import type { TortureWorkspace } from '../torture/torture-workspaces.js';
import { audiences } from './audiences.js';
import { DESTINATION_ID, proxy } from './proxy.js';
import { brokenBodies, slowClients } from './strangers.js';
import type { Traffic } from './traffic.js';
import { transforms } from './transforms.js';
import { countDescriptors, type Descriptors, type Span, takePulse } from './vitals.js';
import { changeWeather } from './weather.js';

/** How long, and how often the weather changes. */
export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Length of a spell of trouble; it is well three times as long between two of them. */
  readonly spellMs: number;
  /** How long clients have to close their idle connections at the end; 0: sockets are not judged. They are told to keep them for 65 s. */
  readonly closingMs: number;
  /** Told what was seen, once a minute. @param minute from 1 */
  readonly onMinute: (minute: number, span: Span) => void;
}

/** What came of it. */
export interface SoakResult {
  readonly outcome: Outcome;
  readonly traffic: readonly Pick<Traffic, 'name' | 'tally'>[];
  readonly weather: readonly string[];
  /** MiB per minute over the second half. */
  readonly memorySlope: number;
  readonly atStart: Descriptors;
  readonly atEnd: Descriptors;
  readonly broken: readonly string[];
}

/** rudder-server's workspace: its events come as requests to be delivered. */
const RUDDER: TortureWorkspace = {
  id: 'rudder',
  secretKey: 'secret-rudder',
  writeKey: 'write-rudder',
  sharedSecret: 'shared-rudder',
  signingSecret: 'webhook-rudder',
  hasWindow: false,
};

const MINUTE_MS = 60_000;
/** Of it the last part is calm: what waits shall drain, and memory come to rest. */
const CALM_PART = 0.1;
const MOST_MORE = 5;

async function descriptorsAtEnd(pid: number, start: Descriptors, closingMs: number): Promise<Descriptors> {
  const deadline = performance.now() + closingMs;
  for (;;) {
    const now = countDescriptors(pid);
    if (now.sockets <= start.sockets + MOST_MORE || performance.now() > deadline) return now;
    await sleep(200);
  }
}

function findBroken(
  { outcome, traffic, atStart, atEnd }: Omit<SoakResult, 'broken'>,
  judged: readonly (keyof Descriptors)[],
): readonly string[] {
  const counts = traffic.filter(({ tally }) => tally.in !== tally.out || tally.in === 0);
  return [
    ...outcome.broken,
    ...(outcome.accepted === outcome.delivered + outcome.deadLetters
      ? []
      : [`${outcome.accepted} in, ${outcome.delivered} + ${outcome.deadLetters} out`]),
    ...traffic.flatMap(({ tally }) => tally.broken.slice(0, 3)),
    ...counts.map(({ name, tally }) => `${name}: ${tally.in} in, ${tally.out} out`),
    ...judged
      .filter((kind) => atEnd[kind] > atStart[kind] + MOST_MORE)
      .map((kind) => `${kind} grew from ${atStart[kind]} to ${atEnd[kind]}`),
  ];
}

/** Runs it. @throws Error when the process does not start or ends */
export async function runSoak({ seed, seconds, spellMs, closingMs, onMinute }: SoakOptions): Promise<SoakResult> {
  const random = () => createRandom(seed + 77);
  let url = '';
  const people = await audiences(() => url, random());
  const options = {
    seed,
    short: false,
    guests: [RUDDER],
    prepare(directory: string, { statsig }: { readonly statsig: string }) {
      const rudder = {
        id: RUDDER.id,
        secretKey: RUDDER.secretKey,
        eventsUrl: statsig,
        metadataMaxLength: 20_000,
        rudderstack: { destinationIds: [DESTINATION_ID] },
      };
      writeFileSync(join(directory, 'rudder.json'), JSON.stringify(rudder));
      writeFileSync(join(directory, 'members.json'), JSON.stringify(people.document));
    },
  };
  try {
    return await withRig(options, async (rig) => {
      url = rig.url;
      const pid = rig.process.child.pid ?? 0;
      const router = proxy(url, RUDDER, random());
      const traffic = [
        ...transforms(url, seed),
        router,
        people,
        brokenBodies(url, random()),
        slowClients(Number(new URL(url).port)),
      ];
      const atStart = countDescriptors(pid);
      const pulse = takePulse(pid, url);
      const enough = new AbortController();
      const clear = new AbortController();
      const stop = rig.push('everybody');
      const running = traffic.map((each) => each.run(enough.signal));
      const sky = {
        setMood: rig.standIns.setMood,
        setConsoleFault: people.setFault,
        settingsFile: join(rig.settings, 'lane-0.json'),
      };
      const weather = changeWeather(sky, spellMs, clear.signal);
      const minutes = Math.floor((seconds * 1000) / MINUTE_MS);
      const calmMs = seconds * 1000 * CALM_PART;
      const clearing = sleep(seconds * 1000 - calmMs).then(() => {
        clear.abort();
        return weather;
      });
      for (let minute = 1; minute <= minutes; minute += 1) {
        await sleep(MINUTE_MS);
        onMinute(minute, await pulse.span());
      }
      const spells = await clearing;
      rig.standIns.heal();
      people.setFault(undefined);
      if (minutes === 0) await sleep(calmMs);
      enough.abort();
      await Promise.all(running);
      await stop();
      const memorySlope = pulse.memorySlope();
      pulse.stop();
      const { drainedMs } = await rig.drain();
      people.compare();
      await rig.probe.stop();
      const atEnd = await descriptorsAtEnd(pid, atStart, closingMs);
      const settled = await rig.finish([{ log: router.log, deadLetters: router.deadLetters }]);
      const outcome = { ...settled, drainedMs };
      const result = { outcome, traffic, weather: spells, memorySlope, atStart, atEnd };
      return { ...result, broken: findBroken(result, closingMs > 0 ? ['sockets', 'others'] : ['others']) };
    });
  } finally {
    await people.close();
  }
}
