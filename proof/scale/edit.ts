// An edit of one of many settings documents, in files of their own or in one file.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../testkit/free-port.js';
import { element } from '../../testkit/rudderstack.js';
import { type Cost, withScalePlugin } from './plugin.js';

const EDITED = 7;
const BETWEEN_MS = 100;

/** Whether the settings were changed since the start. */
async function isInForce(url: string): Promise<boolean> {
  return /"generation":2\b/.test(await (await fetch(`${url}/readyz`)).text());
}

interface Document {
  readonly id: string;
}

function documentOf(index: number, more: object = {}): Document {
  return {
    id: `ws-${index}`,
    ...{
      secretKey: `secret-of-${index}`,
      eventsUrl: `https://${index}.example.com`,
      trackingApi: { writeKeys: [`write-${index}`] },
      rudderstack: { destinationIds: [`destination-${index}`] },
      identifierMappings: [{ from: 'context.traits.companyId', to: 'companyID' }],
      includeEvents: ['Order *', 'Product *', 'Cart *'],
    },
    ...more,
  };
}

/** What the edit cost, with the requests beside it. @param count documents @param isOneFile they are all in one file */
export async function runEdit(count: number, isOneFile: boolean): Promise<Cost> {
  const documents = (more: object = {}) =>
    Array.from({ length: count }, (_, index) => documentOf(index, index === EDITED ? more : {}));
  const written = isOneFile ? [{ id: 'all', workspaces: documents() }] : documents();
  return withScalePlugin(written, await freePort(), (plugin) => {
    const transform = () => plugin.post('/v0/destinations/statsig', {}, [element(1), element(2)]);
    const edit = { maxBatchEvents: 77 };
    const [file, content] = isOneFile
      ? ['all.json', { workspaces: documents(edit) }]
      : [`ws-${EDITED}.json`, documentOf(EDITED, edit)];
    return plugin.cost(async () => {
      writeFileSync(join(plugin.settings, file), JSON.stringify(content));
      while (!(await isInForce(plugin.url))) {
        await transform();
        await sleep(BETWEEN_MS);
      }
    }, 500);
  });
}
