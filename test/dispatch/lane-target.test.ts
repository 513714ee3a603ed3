// Which circuit a lane listens to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CircuitStatus, Reading } from '../../src/dispatch/circuit.js';
import { createLaneTarget } from '../../src/dispatch/lane-target.js';

const target = (identity: string) => ({
  title: 'web',
  identity,
  maxBatchEvents: 1,
  maxBatchBytes: 1,
  send: assert.fail,
});

test('what becomes of a request to the target before says nothing about the new one', async () => {
  const changes: CircuitStatus[] = [];
  let renewals = 0;
  const lane = createLaneTarget(
    { now: () => 0, failuresToOpen: 1, onChange: (status) => changes.push(status) },
    () => (renewals += 1),
  );
  let answer = (_reading: Reading) => {};
  const before = lane.circuitOf(target('old key'));
  const request = before.run(
    () =>
      new Promise<{ reading: Reading }>((resolve) => {
        answer = (reading) => resolve({ reading });
      }),
  );
  const after = lane.circuitOf(target('new key'));
  assert.equal(renewals, 1);
  answer('refused');
  await request;
  assert.equal(before.status, 'open');
  assert.deepEqual([after.status, changes], ['closed', []]);

  await after.run(async () => ({ reading: 'refused' }));
  assert.deepEqual(changes, ['open']);
});
