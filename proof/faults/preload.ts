// Loaded into the process before anything else: on SIGUSR2 it shifts the clock, stalls the event loop or unlearns a name, as a file of orders says.

import dns from 'node:dns';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Orders, ordersDone } from './orders.js';

const file = process.env.FAULT_ORDERS ?? '';
const systemNow = Date.now;
let orders: Orders = { number: 0 };

Date.now = () => systemNow() + (orders.clockMs ?? 0);

/** Names that end so are this machine, unless they are to be unknown. */
const STAND_IN = '.stand-in.example';

const lookup = dns.lookup;
const patched: typeof lookup = Object.assign(
  (name: string, ...rest: unknown[]) => {
    if (!name.endsWith(STAND_IN)) return Reflect.apply(lookup, dns, [name, ...rest]);
    if (orders.nameIsUnknown !== true) return Reflect.apply(lookup, dns, ['127.0.0.1', ...rest]);
    const answer = rest.at(-1);
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    });
    if (typeof answer === 'function') setImmediate(() => answer(error));
  },
  { __promisify__: lookup.__promisify__ },
);
dns.lookup = patched;

process.on('SIGUSR2', () => {
  orders = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(ordersDone(file), String(orders.number));
  const end = performance.now() + (orders.stallMs ?? 0);
  while (performance.now() < end);
});
