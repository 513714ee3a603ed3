// Starts a scenario whose events can be seen at a destination of the type HTTP, behind the stock transformer's stand-in.

import { FEATURES } from './features.js';
import type { Rig, RigOptions } from './rig.js';
import type { Start } from './scenario.js';
import { SIGNING_SECRET } from './statsig-sender.js';
import { startTransformer, type TransformerStandIn } from './transformer-stand-in.js';

/**
 * Its jobs hold the messages as they are, because it is transformed in the router. Statsig's webhooks have to be signed.
 *
 * @param run gets what was started, which is stopped afterwards
 */
export async function withEventsShown(
  start: Start,
  options: RigOptions,
  run: (rig: Rig, transformer: TransformerStandIn) => Promise<string>,
): Promise<string> {
  const transformer = await startTransformer(FEATURES);
  try {
    const rig = await start({
      settings: { outbound: { signingSecrets: [SIGNING_SECRET] } },
      ...options,
      plugin: { UPSTREAM_TRANSFORMER_URL: transformer.url },
      otherDestinations: [{ type: 'HTTP', transformAt: 'router' }],
    });
    return await run(rig, transformer);
  } finally {
    await transformer.close();
  }
}
