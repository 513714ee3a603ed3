// One webhook that names many audiences, and a start while all of their lanes wait.

import { freePort } from '../../testkit/free-port.js';
import { serve } from '../../testkit/loopback.js';
import { type Cost, withScalePlugin } from './plugin.js';

/** What many audiences cost. */
export interface AudiencesSeen {
  /** Status of the webhook. */
  readonly status: number;
  /** The webhook and the first calls, until the process had nothing to do. */
  readonly webhook: Cost;
  /** A start with all lanes waiting, beyond one with none. */
  readonly restartSeconds: number;
  readonly healthyAfterMs: number;
  readonly readyAfterMs: number;
  /** Characters of `/readyz` and series of `/metrics` while all lanes wait. */
  readonly readyzLength: number;
  readonly series: number;
  /** What waits after the start. */
  readonly waiting: number;
}

const AUTHORIZATION = { authorization: 'Bearer header-of-shop' };

/** The lanes have begun to send by then. */
const LEAST_MS = 2_000;

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
  const console_ = await serve((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end('{"message":"ok","data":{"type":"id_list","idType":"userID","count":1}}');
  });
  const document = {
    id: 'shop',
    secretKey: 'secret-shop',
    consoleKey: 'console-shop',
    consoleUrl: console_.url,
    segment: { headerSecrets: ['header-of-shop'] },
    audiences: { windowMs: 100, createMissing: true },
  };
  try {
    return await withScalePlugin([document], await freePort(), async (plugin) => {
      const bareSeconds = plugin.processorSeconds();
      let status = 0;
      const webhook = await plugin.cost(async () => {
        const events = Array.from({ length: count }, (_, index) => audienceEvent(index));
        status = await plugin.post('/segment/shop', AUTHORIZATION, events);
      }, LEAST_MS);
      const readyz = await (await fetch(`${plugin.url}/readyz`)).text();
      const metrics = await (await fetch(`${plugin.url}/metrics`)).text();
      await plugin.kill();
      await plugin.start();
      const { healthyAfterMs, readyAfterMs } = plugin;
      await plugin.cost(async () => {}, LEAST_MS);
      return {
        status,
        webhook,
        restartSeconds: plugin.processorSeconds() - bareSeconds,
        healthyAfterMs,
        readyAfterMs,
        readyzLength: readyz.length,
        series: metrics.split('\n').filter((line) => line.startsWith('statsig_cdp_outbox')).length,
        waiting: await plugin.metric('statsig_cdp_outbox_events'),
      };
    });
  } finally {
    await console_.close();
  }
}
