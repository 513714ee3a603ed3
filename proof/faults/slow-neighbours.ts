// A workspace with 40 targets that take 9 s to answer, beside two that are well.

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../testkit/random.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import { OutboundUser, toWebhookEvent } from '../torture/torture-outbound-events.js';
import type { Fault } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';

const TARGETS = 40;
/** Of two workspaces, each with Statsig and two targets. */
const LANES = 6;
const ANSWERS_AFTER_MS = 9_000;
const LOAD_MS = 30_000;
const SHORT_MS = 6_000;
const PUSH_EVERY_MS = 200;
/** A batch lingers for a second, and the machine may have other work. */
const MOST_SILENCE_MS = 5_000;
const SECRET = 'webhook-crowd';

/** Answers late until it is told to be quick. */
async function startSlow() {
  let ms = ANSWERS_AFTER_MS;
  let underWay = 0;
  let most = 0;
  const held = new Set<() => void>();
  const server = createServer((request, response) => {
    request.resume();
    underWay += 1;
    most = Math.max(most, underWay);
    const answer = () => {
      if (!held.delete(answer)) return;
      underWay -= 1;
      response.end('{"success":true}');
    };
    held.add(answer);
    setTimeout(answer, ms).unref();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mostUnderWay: () => most,
    hurry() {
      ms = 0;
      for (const answer of [...held]) answer();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The longest time between two requests, in milliseconds. */
function longestGap(times: readonly number[], start: number, end: number): number {
  const all = [start, ...times.filter((at) => at > start && at < end), end];
  return Math.max(...all.slice(1).map((at, index) => at - (all[index] ?? at)));
}

export const slowNeighbours: Fault = {
  name: 'slow-neighbours',
  what: 'a workspace has 40 targets that take 9 s to answer, and always something for each',
  promise: 'they share half of the permits: to the targets of two other workspaces requests go out at least every 5 s',
  async run(options) {
    const slow = await startSlow();
    try {
      return await withRig(
        {
          ...options,
          prepare(directory) {
            const targets = Array.from({ length: TARGETS }, (_, index) => ({
              name: `slow-${index}`,
              writeKey: `write-crowd-${index}`,
              host: slow.url,
            }));
            const outbound = { signingSecrets: [SECRET], exposureWindowMs: 0, targets };
            writeFileSync(join(directory, 'crowd.json'), JSON.stringify({ id: 'crowd', outbound }));
          },
        },
        async (rig) => {
          const user = new OutboundUser('crowd', 'crowd/statsig-1', false, createRandom(options.seed));
          const pushCrowd = async () => {
            const body = JSON.stringify([toWebhookEvent(user.next())]);
            const headers = { 'content-type': 'application/json', ...signWebhook(body, SECRET) };
            const { status } = await fetch(`${rig.url}/statsig/crowd`, { method: 'POST', headers, body });
            if (status !== 200) throw new Error(`the crowd's webhook was answered ${status}`);
          };
          const stop = rig.push('everybody');
          const start = Date.now();
          const end = start + (options.short ? SHORT_MS : LOAD_MS);
          while (Date.now() < end) {
            await pushCrowd();
            await sleep(PUSH_EVERY_MS);
          }
          await stop();
          const requests = [...rig.standIns.statsigLedger, ...rig.standIns.targetsLedger()];
          const lanes = new Set(requests.map(({ lane }) => lane));
          const gaps = [...lanes].map((lane) =>
            longestGap(
              requests.filter((each) => each.lane === lane).map(({ at }) => at),
              start,
              end,
            ),
          );
          const longest = Math.max(...gaps);
          const most = slow.mostUnderWay();
          slow.hurry();
          const outcome = await rig.finish();
          return {
            numbers: [
              `at most ${most} slow requests at once; the longest silence to one of ${lanes.size} other lanes ${(longest / 1000).toFixed(1)} s`,
              ...sayOutcome(outcome, rig),
            ],
            broken: [
              ...outcome.broken,
              ...(most > 0 ? [] : ['nothing was slow']),
              ...(lanes.size === LANES ? [] : [`only ${lanes.size} of ${LANES} lanes got a request at all`]),
              ...(longest <= MOST_SILENCE_MS ? [] : [`a lane was silent for ${longest} ms`]),
            ],
          };
        },
      );
    } finally {
      slow.close();
    }
  },
};
