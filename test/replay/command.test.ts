// `statsig-cdp replay` as people run it: standard input, Ctrl+C, and what it says on the way.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { formatBytes, formatSeconds, Progress } from '../../src/replay/progress.js';
import { CLI } from '../../testkit/programs.js';
import { toLines, trackEvent } from '../../testkit/replay-command.js';
import { temporaryDirectory } from '../../testkit/settings.js';

test('standard input is replayed, gzip too; Ctrl+C stops it while nothing comes, and it can be gone on with', async (context) => {
  const checkpoint = join(temporaryDirectory(context), 'checkpoint');
  const args = [CLI, 'replay', '-', '--dry-run', '--json', '--checkpoint', checkpoint];
  const command = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  command.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  command.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const closed = once(command, 'close');
  command.stdin.write(gzipSync(toLines(trackEvent('A'), trackEvent('B'))));
  await once(command.stderr, 'data');
  command.kill('SIGINT');
  const [code] = await closed;
  assert.equal(code, 3);
  assert.match(stderr, /Taken as segment's, because nothing in it says anything else/);
  assert.match(stderr, /Stopped\./);
  assert.equal(JSON.parse(stdout).stopped, 'Stopped.');
});

test('progress is one line that is written anew on a terminal, and lines of their own elsewhere', () => {
  for (const isTerminal of [true, false]) {
    let written = '';
    let now = 0;
    const start = { events: 1_000, bytesRead: 0, bytesTotal: 0, refused: 0 };
    const write = (text: string) => {
      written += text;
    };
    const progress = new Progress({ isTerminal, write }, () => now);
    progress.tell(start);
    assert.equal(written, '', 'nothing is told too soon');
    now = 10_000;
    progress.tell({ events: 21_000, bytesRead: 25_000_000, bytesTotal: 100_000_000, refused: 3 });
    progress.end();
    const said = '21000 events, 2000 events/s, 25.0 MB of 100.0 MB, 3 refused, 30 s left';
    assert.equal(written, isTerminal ? `\r\u001b[K${said}\r\u001b[K` : `${said}\n`);
  }
});

test('sizes and times for people', () => {
  assert.deepEqual([0, 999, 1_000, 2_500_000, 3e12].map(formatBytes), ['0 B', '999 B', '1.0 KB', '2.5 MB', '3.0 TB']);
  assert.deepEqual([0.4, 59, 61, 3_660].map(formatSeconds), ['0 s', '59 s', '1 min 1 s', '1 h 1 min']);
});
