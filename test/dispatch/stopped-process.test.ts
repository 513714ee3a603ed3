// A process that stands still while an answer comes: the answer counts, so that what it answers is not sent again.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '../../src/call/deadline.js';
import { serve } from '../../testkit/loopback.js';

const ONE_CALL = new URL('../../testkit/one-call.js', import.meta.url).pathname;
const TIMEOUT_MS = 1_000;
/** The whole timeout comes on top of it: a busy machine has that long for an answer of `SOON_MS`. */
const STOPPED_MS = 2.5 * TIMEOUT_MS;
const SOON_MS = 50;
/** The letter for a stopped process, after its name in parentheses. */
const STOPPED = /\) T /;

/** Whether a process has stopped is read from there. */
const skip = process.platform !== 'linux';

/** Stops the caller as soon as its request is there. @returns what it says in the end */
async function callAndStop(context: TestContext, answer: (response: ServerResponse, resume: () => void) => void) {
  const server = await serve(async (request, response) => {
    request.resume();
    await once(request, 'end');
    child.kill('SIGSTOP');
    while (!STOPPED.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await sleep(1);
    answer(response, () => child.kill('SIGCONT'));
  });
  context.after(server.close);
  const child = spawn(process.execPath, [ONE_CALL, server.url, String(TIMEOUT_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  return (await text(child.stdout)).trim();
}

/** Stands still with all that runs in this process. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('an answer that came while the process was stopped, beyond the deadline, is read', { skip }, async (context) => {
  const said = await callAndStop(context, async (response, resume) => {
    response.writeHead(202).end('{"success":true}');
    await sleep(STOPPED_MS);
    resume();
  });
  assert.equal(said, 'answered 202 {"success":true}');
});

test('an answer is waited for after the stop, for the time in which the process stood still', {
  skip,
}, async (context) => {
  const said = await callAndStop(context, async (response, resume) => {
    await sleep(STOPPED_MS);
    resume();
    await sleep(SOON_MS);
    response.writeHead(202).end('late');
  });
  assert.equal(said, 'answered 202 late');
});

test('a target that never answers is given up after the stop, too', { skip }, async (context) => {
  const said = await callAndStop(context, async (_response, resume) => {
    await sleep(STOPPED_MS);
    resume();
  });
  assert.equal(said, 'unanswered timeout');
});

test('a deadline that stood still is not over before the sockets were read, and then it is', async () => {
  const deadline = startDeadline(50);
  standStill(1_000);
  // Timers that are due run before sockets are looked at; immediates after it.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(deadline.isOver, false);
  await once(deadline.signal, 'abort');
  assert.equal(deadline.isOver, true);
});
