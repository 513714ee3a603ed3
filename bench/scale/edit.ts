// An edit of one of many settings documents.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../e2e/free-port.js';
import { element } from '../../test/support/rudderstack.js';
import { type Cost, withScalePlugin } from './plugin.js';

/** What was seen. */
export interface EditSeen extends Cost {
  readonly healthyAfterMs: number;
}

/** @param count documents */
export async function runEdit(count: number): Promise<EditSeen> {
  const documentOf = (index: number, more: object = {}) => ({
    id: `ws-${index}`,
    secretKey: `secret-of-${index}`,
    eventsUrl: `https://${index}.example.com`,
    trackingApi: { writeKeys: [`write-${index}`] },
    rudderstack: { destinationIds: [`destination-${index}`] },
    identifierMappings: [{ from: 'context.traits.companyId', to: 'companyID' }],
    includeEvents: ['Order *', 'Product *', 'Cart *'],
    ...more,
  });
  const documents = Array.from({ length: count }, (_, index) => documentOf(index));
  return withScalePlugin(documents, await freePort(), async (plugin) => {
    const transform = () => plugin.post('/v0/destinations/statsig', {}, [element(1), element(2)]);
    await transform();
    const cost = await plugin.cost(async () => {
      writeFileSync(join(plugin.settings, 'ws-7.json'), JSON.stringify(documentOf(7, { maxBatchEvents: 77 })));
      for (let turn = 0; turn < 40; turn += 1) {
        await transform();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    return { ...cost, healthyAfterMs: plugin.healthyAfterMs };
  });
}
