// `statsig-cdp transform` holds one line at a time, however many there are.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { CLI } from '../../testkit/programs.js';

const EVENTS = 1_000_000;
const CHUNK = 1_000;
const MAX_RESIDENT_MIB = 200;

/** Tells, when it ends, how much of it was ever in memory. */
const REPORT = `process.on('exit', () => console.error('resident KiB: ' + process.resourceUsage().maxRSS));`;

function lineOf(index: number): string {
  const event = {
    type: index % 10 === 0 ? 'identify' : 'track',
    event: `Order ${index % 7}`,
    userId: `user-${index}`,
    messageId: `message-${index}`,
    timestamp: '2026-01-02T03:04:05.000Z',
    properties: { plan: 'pro', revenue: index % 100, note: 'as long as many of them are' },
  };
  return `${JSON.stringify(event)}\n`;
}

function* chunks(): Iterable<string> {
  for (let start = 0; start < EVENTS; start += CHUNK)
    yield Array.from({ length: CHUNK }, (_, index) => lineOf(start + index)).join('');
}

test(`${EVENTS} events take less than ${MAX_RESIDENT_MIB} MiB`, async () => {
  const preload = `data:text/javascript,${encodeURIComponent(REPORT)}`;
  const command = spawn(process.execPath, ['--import', preload, CLI, 'transform', '-'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let lastWords: readonly string[] = [];
  createInterface({ input: command.stderr }).on('line', (line) => {
    lastWords = [...lastWords.slice(-1), line];
  });
  let lines = 0;
  command.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 0x0a) lines += 1;
  });
  await Promise.all([pipeline(Readable.from(chunks()), command.stdin), once(command, 'close')]);
  assert.equal(command.exitCode, 0);
  assert.equal(lines, EVENTS);
  const said = lastWords.join('\n');
  assert.match(
    said,
    /1000000 events: 900000 converted, 100000 filtered \(identify_without_audience 100000\), 0 invalid/,
  );
  const residentMiB = Number(/resident KiB: (\d+)/.exec(said)?.[1]) / 1024;
  assert.ok(residentMiB < MAX_RESIDENT_MIB, `${residentMiB} MiB`);
});
