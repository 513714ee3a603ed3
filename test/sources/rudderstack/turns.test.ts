// Transforming a large batch lets everybody else have their turn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseWriter } from '../../../src/http/response-writer.js';
import { staticStore } from '../../../src/settings/store.js';
import { cutArray } from '../../../src/sources/rudderstack/cut-batch.js';
import { processorResponse } from '../../../src/sources/rudderstack/processor-transform.js';
import { createDestinationResolver } from '../../../src/sources/rudderstack/resolve-destination.js';
import { writeRouterEntries } from '../../../src/sources/rudderstack/router-transform.js';
import { EventTally } from '../../../src/sources/rudderstack/tally.js';
import { ElementTransformer, PROCESSOR } from '../../../src/sources/rudderstack/transform-element.js';
import { jsonBytes } from '../../../testkit/json-bytes.js';
import { mixedElements } from '../../../testkit/rudderstack.js';

const EVENTS = 20_000;

/** How often others came to their turn while `work` was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const other = () => {
    turns += 1;
    if (!isOver) setImmediate(other);
  };
  setImmediate(other);
  await work();
  isOver = true;
  return turns;
}

for (const [name, transform] of Object.entries({
  processor: processorResponse,
  router: async (...[batch, transformer, tally]: Parameters<typeof processorResponse>) => {
    const writer = new ResponseWriter();
    await writeRouterEntries(batch, transformer, 'router', tally, writer);
    return writer.finish();
  },
})) {
  test(`others come to their turn during a ${name} transform of ${EVENTS} events`, async () => {
    const batch = cutArray(jsonBytes(JSON.stringify(mixedElements(EVENTS))))?.elements ?? [];
    const tally = new EventTally();
    const transformer = new ElementTransformer(createDestinationResolver(staticStore([]), 10), PROCESSOR, Date.now());
    const turns = await turnsDuring(() => transform(batch, transformer, tally));
    assert.equal(tally.workspaces.get('')?.converted, EVENTS);
    assert.ok(turns >= 2, `${turns} turns`);
  });
}

test('answers that are written at the same time do not mix', async () => {
  const half = EVENTS / 2;
  const answers = [1, 1_000_001].map(async (firstJobId) => {
    const transformer = new ElementTransformer(createDestinationResolver(staticStore([]), 10), PROCESSOR, Date.now());
    const batch = mixedElements(half, firstJobId).map((value) => ({ value }));
    const pieces = await processorResponse(batch, transformer, new EventTally());
    const entries: { metadata: { jobId: number } }[] = JSON.parse(Buffer.concat(pieces).toString());
    assert.deepEqual(
      entries.map(({ metadata }) => metadata.jobId),
      Array.from({ length: half }, (_, i) => firstJobId + i),
    );
  });
  await Promise.all(answers);
});
