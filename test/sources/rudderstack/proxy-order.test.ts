// Where a request is taken apart because it is too large, no event overtakes one that has to be tried again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverJobs } from '../../../src/sources/rudderstack/deliver-jobs.js';
import { ACCEPTED, serveLogEvent } from '../../../testkit/log-event-stand-in.js';
import { STATSIG } from '../../../testkit/target-kinds.js';

const NAMES = ['first', 'second', 'third', 'fourth'];

for (const status of [503, 400]) {
  test(`when the first half is answered ${status} the second one is not sent and is retried, too`, async (context) => {
    const standIn = await serveLogEvent(context, (names) => {
      if (names.length === NAMES.length) return { status: 413 };
      return names.includes('first') ? { status } : ACCEPTED;
    });
    const verdicts = await deliverJobs({
      method: 'POST',
      url: `${standIn.url}/v1/log_event`,
      headers: new Headers({ 'statsig-api-key': 'secret-example', 'statsig-event-count': String(NAMES.length) }),
      body: { events: NAMES.map((name) => JSON.parse(STATSIG.payload(name))) },
      jobs: NAMES.map((_, index) => ({ jobId: index + 1 })),
      timeoutMs: 10_000,
    });
    const kind = status === 503 ? 'retry' : 'isolate';
    assert.deepEqual(
      verdicts.map(({ job, verdict }) => [job.jobId, verdict.kind]),
      [
        [1, kind],
        [2, kind],
        [3, 'retry'],
        [4, 'retry'],
      ],
    );
    assert.deepEqual(standIn.accepted(), []);
  });
}
