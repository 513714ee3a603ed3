// A thousand clients send a byte per second while others are served.

import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { type FaultRig, sayOutcome, withRig } from './fault-rig.js';

const CLIENTS = 1_000;
const SHORT_CLIENTS = 200;
const LASTS_MS = 20_000;
const SHORT_MS = 2_000;
/** An ordinary request waits for others' work, not for slow clients. The machine may be busy. */
const LONGEST_WAIT_MS = 3_000;

const HEAD =
  'POST /v1/batch HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Basic d3JpdGUtbGFuZS0wOg==\r\nContent-Length: 4000\r\n\r\n{"batch":[';

/** @returns ends them; all have begun a request by then */
async function startSlowClients(port: number, count: number): Promise<() => void> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.once('connect', () => socket.write(HEAD));
  }
  while (sockets.some(({ bytesWritten, destroyed }) => bytesWritten === 0 && !destroyed)) await sleep(10);
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write(' ');
  }, 1_000);
  return () => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  };
}

function countDescriptors({ process }: FaultRig): number {
  return readdirSync(`/proc/${process.child.pid}/fd`).length;
}

/** Waits until so many are open at most. @returns whether they are */
async function untilClosed(rig: FaultRig, most: number): Promise<boolean> {
  for (let look = 0; look < 100; look += 1) {
    if (countDescriptors(rig) <= most) return true;
    await sleep(50);
  }
  return false;
}

export const slowClients: Fault = {
  name: 'slow-clients',
  what: '1,000 clients send a byte of a request per second',
  promise: 'ordinary requests are answered meanwhile, and nothing of the slow ones is left when they are gone',
  run: (options) =>
    withRig(options, async (rig) => {
      const stop = rig.push('everybody');
      await sleep(1_000);
      const before = countDescriptors(rig);
      const count = options.short ? SHORT_CLIENTS : CLIENTS;
      const leave = await startSlowClients(Number(new URL(rig.url).port), count);
      rig.probe.restart();
      await sleep(options.short ? SHORT_MS : LASTS_MS);
      const during = countDescriptors(rig);
      const { longestMs, unanswered } = rig.probe;
      leave();
      await stop();
      const isClean = await untilClosed(rig, before + 10);
      const after = countDescriptors(rig);
      const held = await rig.metric('statsig_cdp_bytes_in_flight');
      const outcome = await rig.finish();
      return {
        numbers: [
          `${count} slow clients, descriptors ${before} before, ${during} meanwhile, ${after} after; ${held} bytes held after`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          ...outcome.broken,
          ...(during >= count ? [] : [`only ${during} descriptors were in use`]),
          ...(longestMs <= LONGEST_WAIT_MS ? [] : [`an ordinary request waited ${longestMs.toFixed(0)} ms`]),
          ...(unanswered === 0 ? [] : [`${unanswered} ordinary requests were not answered`]),
          ...(isClean ? [] : [`${after} descriptors stayed open`]),
          ...(held === 0 ? [] : [`${held} bytes are still held`]),
        ],
      };
    }),
};
