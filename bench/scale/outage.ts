// Many workspaces while Statsig is down: what a push costs, how often Statsig is asked, and what happens when it is back.

import { freePort } from '../../e2e/free-port.js';
import { serve } from '../../test/support/loopback.js';
import { withScalePlugin } from './plugin.js';

/** What was seen. */
export interface OutageSeen {
  /** Processor time of one push once all lanes wait, in milliseconds. */
  readonly pushMs: number;
  /** Requests that Statsig got while it was down. */
  readonly probes: number;
  readonly longestWaitMs: number;
}

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });
const AT_ONCE = 16;

async function inGroups(count: number, run: (number: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => run(from + index)));
}

/** @param count workspaces @param pushes that are measured */
export async function runOutage(count: number, pushes: number): Promise<OutageSeen> {
  let probes = 0;
  const statsig = await serve((request, response) => {
    probes += 1;
    request.resume();
    response.writeHead(503).end();
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
      await plugin.cost(() => inGroups(count, push));
      const { processorSeconds, longestWaitMs } = await plugin.cost(() =>
        inGroups(pushes, (number) => push((number * 7) % count)),
      );
      return { pushMs: (processorSeconds * 1000) / pushes, probes, longestWaitMs };
    });
  } finally {
    await statsig.close();
  }
}
