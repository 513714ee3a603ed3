// A call that gets no answer is given up in time, also by a process that has made many calls and swept its memory since.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startDeadline } from '../../src/call/deadline.js';
import { callHttp } from '../../src/call/http-call.js';
import { serve } from '../../testkit/loopback.js';
import { propertyRuns } from '../../testkit/property-runs.js';

/** In `npm run proof:short` as many as it takes until Node compiles the code anew and drops what it no longer needs. */
const CALLS = propertyRuns(400);
const AT_ONCE = 20;
const TIMEOUT_MS = 1_000;
/** Well above the timeout, and below that of `fetch` itself. */
const PATIENCE_MS = 20_000;

setFlagsFromString('--expose-gc');
const sweep: () => void = runInNewContext('gc');

test('calls that hang end at their timeout although memory was swept meanwhile', async (context) => {
  let hangs = false;
  const server = await serve((request, response) => {
    request.resume();
    request.once('end', () => {
      if (!hangs) response.end('{}');
    });
  });
  context.after(() => server.close());
  const call = () =>
    callHttp(
      { method: 'POST', url: server.url, headers: {}, body: '{}' },
      { timeoutMs: TIMEOUT_MS, signal: new AbortController().signal },
    );
  const callOften = async (times: number) => {
    for (let made = 0; made < times; made += 1) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => callOften(CALLS / AT_ONCE)));
  hangs = true;
  const calls = Array.from({ length: AT_ONCE }, call);
  const sweeping = setInterval(sweep, 50);
  const late = new Promise<'still hangs'>((resolve) => setTimeout(resolve, PATIENCE_MS, 'still hangs').unref());
  const ends = await Promise.all(calls.map((each) => Promise.race([each, late])));
  clearInterval(sweeping);
  for (const end of ends) assert.ok(typeof end === 'object' && end.kind === 'unanswered' && end.reason === 'timeout');
});

test('a deadline ends early with the other signal, and not at all once it is cleared', () => {
  const other = new AbortController();
  const deadline = startDeadline(60_000, other.signal);
  other.abort();
  assert.deepEqual([deadline.signal.aborted, deadline.isOver], [true, false]);
  deadline.clear();
  const late = startDeadline(60_000, other.signal);
  assert.equal(late.signal.aborted, true, 'it was over before it began');
  late.clear();
  const another = new AbortController();
  const cleared = startDeadline(60_000, another.signal);
  cleared.clear();
  another.abort();
  assert.equal(cleared.signal.aborted, false);
});
