// One webhook that names many audiences, and a restart while all of their lanes wait.

import { freePort } from '../../e2e/free-port.js';
import { serve } from '../../test/support/loopback.js';
import { type Cost, withScalePlugin } from './plugin.js';

/** What many audiences cost. */
export interface AudiencesSeen {
  /** The webhook, until the process had nothing to do. */
  readonly webhook: Cost;
  /** A start with all lanes waiting. */
  readonly healthyAfterMs: number;
  readonly readyAfterMs: number;
  readonly restartSeconds: number;
  /** Characters of `/readyz` and series of `/metrics` while all lanes wait. */
  readonly readyzLength: number;
  readonly series: number;
  /** Calls that the Console API got, and 429s that it would have given: more than 12 in 10 s. */
  readonly calls: number;
  /** Status of the webhook. */
  readonly status: number;
}

const AUTHORIZATION = { authorization: 'Bearer header-of-shop' };

function audienceEvent(number: number): object {
  const key = `audience_${number}`;
  return {
    type: 'identify',
    userId: 'user-42',
    messageId: `message-${number}`,
    traits: { [key]: true },
    context: { personas: { computation_class: 'audience', computation_key: key } },
  };
}

/** @param count audiences in one webhook */
export async function runAudiences(count: number): Promise<AudiencesSeen> {
  let calls = 0;
  const console_ = await serve((_request, response) => {
    calls += 1;
    response.setHeader('content-type', 'application/json');
    response.end('{"message":"ok","data":{"type":"id_list","idType":"userID","count":1}}');
  });
  const document = {
    id: 'shop',
    secretKey: 'secret-shop',
    consoleKey: 'console-shop',
    consoleUrl: console_.url,
    segment: { headerSecrets: ['header-of-shop'] },
    audiences: { windowMs: 1000, createMissing: true },
  };
  try {
    return await withScalePlugin([document], await freePort(), async (plugin) => {
      let status = 0;
      const webhook = await plugin.cost(async () => {
        const events = Array.from({ length: count }, (_, index) => audienceEvent(index));
        status = await plugin.post('/segment/shop', AUTHORIZATION, events);
      });
      const readyz = await (await fetch(`${plugin.url}/readyz`)).text();
      const metrics = await (await fetch(`${plugin.url}/metrics`)).text();
      await plugin.kill();
      await plugin.start();
      const { healthyAfterMs, readyAfterMs } = plugin;
      await plugin.cost(async () => {});
      return {
        webhook,
        healthyAfterMs,
        readyAfterMs,
        restartSeconds: plugin.processorSeconds(),
        readyzLength: readyz.length,
        series: metrics.split('\n').filter((line) => line.startsWith('statsig_cdp')).length,
        calls,
        status,
      };
    });
  } finally {
    await console_.close();
  }
}
