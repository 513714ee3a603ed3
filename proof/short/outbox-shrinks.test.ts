// What tens of megabytes of events leave on disk once they are delivered.

import { test } from 'node:test';
import { bulky } from '../../testkit/bulky-events.js';
import { openOnDisk, outboxDirectory } from '../../testkit/outbox.js';
import { until } from '../../testkit/until.js';

test('the files shrink once what they held is delivered, and their size is measured', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context));
  const events = 2_500;
  for (let start = 0; start < events; start += 100)
    await outbox.append(Array.from({ length: 100 }, (_, index) => bulky(`m-${start + index}`)));
  const waiting = outbox.lastStatus().bytes;
  await until(() => (outbox.usage().diskBytes ?? 0) > waiting / 2, 'the size is not measured');
  for (;;) {
    const claimed = await outbox.claim('shop/statsig', 500, 10_000_000);
    if (claimed.length === 0) break;
    await outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
  }
  await until(() => (outbox.usage().diskBytes ?? Infinity) < waiting / 4, 'the files stay as large as they were');
});
