// Gives orders to a process that has the preload: a shifted clock, a stalled event loop, an unknown name.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PluginProcess } from '../../testkit/plugin-process.js';

/** What the process is to suffer. What is absent ends. */
export interface Orders {
  readonly number: number;
  /** The system's clock is so many milliseconds ahead, or behind. */
  readonly clockMs?: number;
  /** The event loop stands still for so many milliseconds, once. */
  readonly stallMs?: number;
  /** The name of the stand-ins does not resolve. */
  readonly nameIsUnknown?: boolean;
}

/** Where the process says which orders it has taken. */
export function ordersDone(file: string): string {
  return `${file}.done`;
}

/** Where the stand-ins are found by name. */
export const STAND_IN_NAME = 'events.stand-in.example';

const PRELOAD = new URL('preload.js', import.meta.url).href;

/** The variables of a process that takes orders. @param file of the orders */
export function takingOrders(file: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${PRELOAD}`, FAULT_ORDERS: file };
}

const PATIENCE_MS = 10_000;

function readDone(file: string): string {
  try {
    return readFileSync(ordersDone(file), 'utf8');
  } catch {
    return '';
  }
}

/** One who gives orders; each call resolves when the process has taken them. @throws Error when it does not */
export function createCommander(
  file: string,
): (process: PluginProcess, orders: Omit<Orders, 'number'>) => Promise<void> {
  let number = 0;
  return async ({ child }, orders) => {
    number += 1;
    writeFileSync(file, JSON.stringify({ ...orders, number }));
    rmSync(ordersDone(file), { force: true });
    child.kill('SIGUSR2');
    const deadline = performance.now() + PATIENCE_MS;
    while (readDone(file) !== String(number)) {
      if (performance.now() > deadline) throw new Error('the process takes no orders');
      await sleep(5);
    }
  };
}
