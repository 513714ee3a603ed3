// The live log under 2,000 events a second: it stays smooth, and its memory flat.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { ConsoleScenario } from './scenario.js';

const EVENTS_PER_SECOND = 2_000;
const SECONDS = 4;
const BATCH = 200;

/** Frames that are measured, two seconds of them. */
const FRAMES = 120;

/** Milliseconds between frames, sorted. */
const frames = (page: Page) =>
  page.evaluate(
    (count) =>
      new Promise<number[]>((resolve) => {
        const gaps: number[] = [];
        let last = performance.now();
        const step = () => {
          const now = performance.now();
          gaps.push(now - last);
          last = now;
          if (gaps.length < count) requestAnimationFrame(step);
          else resolve(gaps.sort((one, other) => one - other));
        };
        requestAnimationFrame(step);
      }),
    FRAMES,
  );

/** Bytes that the page's scripts hold, after a collection. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

/** Scenarios of load. */
export const RATE: readonly ConsoleScenario[] = [
  {
    name: '2,000 events a second keep the page smooth and its memory flat',
    alone: true,
    async run({ open, send }) {
      const { page } = await open({ at: '/live' });
      await page.getByText('Connected').waitFor();
      let number = 0;
      const second = async () => {
        const began = performance.now();
        for (let sent = 0; sent < EVENTS_PER_SECOND; sent += BATCH) {
          const events = Array.from({ length: BATCH }, () => {
            number += 1;
            return {
              type: 'track',
              event: `Event ${number % 40}`,
              userId: `user-${number}`,
              messageId: `rate-${number}`,
            };
          });
          await send.sdk(events);
          const due = began + ((sent + BATCH) / EVENTS_PER_SECOND) * 1_000;
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
        }
      };
      await second();
      const before = await heapOf(page);
      let measured: Promise<number[]> | undefined;
      for (let each = 0; each < SECONDS; each += 1) {
        measured ??= frames(page);
        await second();
      }
      const gaps = (await measured) ?? [];
      const after = await heapOf(page);
      const p95 = gaps[Math.floor(gaps.length * 0.95)] ?? Number.NaN;
      const elements = await page.evaluate(() => document.querySelectorAll('*').length);
      assert.ok(elements < 1_500, `${elements} elements`);
      assert.ok(after < before + 20e6, `the heap grew from ${before} to ${after} bytes`);
      assert.ok(p95 < 250, `frames took ${p95} ms at p95: something holds the page`);
      return `${p95.toFixed(0)} ms a frame at p95 (goal: 50), ${elements} elements, heap ${(before / 1e6).toFixed(1)} → ${(after / 1e6).toFixed(1)} MB after ${number} events`;
    },
  },
];
