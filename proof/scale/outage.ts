// Many workspaces while Statsig is down: what a push costs, how often Statsig is asked, and that all is delivered when it is back.

import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../testkit/free-port.js';
import { serve } from '../../testkit/loopback.js';
import { withScalePlugin } from './plugin.js';

/** What was seen. */
export interface OutageSeen {
  /** Processor time of one push while all lanes wait, in milliseconds. */
  readonly pushMs: number;
  readonly longestWaitMs: number;
  /** Requests that Statsig got while it was down. */
  readonly probes: number;
  /** From when Statsig was back until nothing waited, in milliseconds; absent where that was not waited for. */
  readonly drainedMs?: number;
}

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });
const AT_ONCE = 16;

/** Batches have lingered by then, and Statsig was found to be down. */
const LEAST_MS = 3_000;
const DRAIN_MS = 400_000;

async function inGroups(count: number, run: (number: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => run(from + index)));
}

/** @param count workspaces @param pushes that are measured @param isDrained whether to wait until Statsig has all */
export async function runOutage(count: number, pushes: number, isDrained: boolean): Promise<OutageSeen> {
  let requests = 0;
  let isDown = true;
  const statsig = await serve((request, response) => {
    requests += 1;
    request.resume();
    if (isDown) response.writeHead(503).end();
    else response.writeHead(202).end('{"success":true}');
  });
  const documents = Array.from({ length: count }, (_, index) => ({
    id: `ws-${index}`,
    secretKey: `secret-of-${index}`,
    eventsUrl: statsig.url,
    trackingApi: { writeKeys: [`write-${index}`] },
  }));
  try {
    return await withScalePlugin(documents, await freePort(), async (plugin) => {
      let made = 0;
      const push = (workspace: number) => {
        made += 1;
        const body = { type: 'track', event: 'E', userId: 'u', messageId: `m-${made}` };
        return plugin.post('/v1/track', basic(`write-${workspace}`), body);
      };
      await plugin.cost(() => inGroups(count, push), LEAST_MS);
      const before = plugin.processorSeconds();
      const { longestWaitMs } = await plugin.cost(() => inGroups(pushes, (number) => push((number * 7) % count)), 0);
      const pushMs = ((plugin.processorSeconds() - before) * 1000) / pushes;
      const seen = { pushMs, longestWaitMs, probes: requests };
      isDown = false;
      const backAt = performance.now();
      if (!isDrained) return seen;
      while ((await plugin.metric('statsig_cdp_outbox_events')) > 0) {
        if (performance.now() - backAt > DRAIN_MS) break;
        await sleep(200);
      }
      return { ...seen, drainedMs: performance.now() - backAt };
    });
  } finally {
    await statsig.close();
  }
}
