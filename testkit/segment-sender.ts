// A program that sends through Segment's SDK and then has nothing more to do: it ends unless something keeps it alive. Prints what became of each batch.

import { createSegmentTargets } from '../src/targets/segment/target.js';
import { delivery, targetAt, trackCall } from './segment-target.js';

const url = process.argv[2] ?? '';
const kept = createSegmentTargets({ maxClients: 10, timeoutMs: 3_600_000 });
const closed = createSegmentTargets({ maxClients: 1, timeoutMs: 3_600_000 });
const givenUp = new AbortController();
const patient = new AbortController();

async function send(targets: typeof kept, writeKey: string, parts: object, { signal }: AbortController) {
  const sent = await targets.targetOf(targetAt(url, writeKey)).send([delivery(trackCall('m', { ...parts }))], signal);
  return sent.kind === 'judged' ? sent.verdict.kind : sent.kind;
}

const hanging = send(kept, 'hangs', {}, givenUp);
const delivered = await send(kept, 'works', {}, patient);
const lost = await send(kept, 'works', { integrations: { 'Segment.io': false } }, patient);
await send(closed, 'works', {}, patient);
await closed.close();
givenUp.abort();
console.log(JSON.stringify([delivered, await hanging, lost]));
