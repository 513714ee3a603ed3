// Segment's SDK without anything of ours around it, a process of its own: sends the calls it is told by a message, a hundred per request.

import { Analytics, type TrackParams } from '@segment/analytics-node';
import type { BareOrder } from './bare-order.js';

/** As the plugin is asked for them. */
const PER_REQUEST = 100;

async function send({ host, calls, events, run }: BareOrder): Promise<void> {
  const analytics = new Analytics({ writeKey: 'bench', host, path: '/v1/batch', flushAt: PER_REQUEST });
  const timestamp = new Date();
  for (let sent = 0; sent < events; sent += PER_REQUEST) {
    for (let i = 0; i < PER_REQUEST; i += 1) {
      const call = calls[(sent + i) % calls.length];
      analytics.track({ ...call, messageId: `${run}-${sent + i}`, timestamp } as TrackParams);
    }
    await analytics.flush();
  }
  await analytics.closeAndFlush();
}

process.on('message', async (order: BareOrder) => {
  await send(order);
  process.send?.('done');
});
