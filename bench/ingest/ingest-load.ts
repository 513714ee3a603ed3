// Load for `npm run bench:ingest`, in a process of its own: keeps CONNECTIONS busy for SECONDS and prints what it saw as one line of JSON.

import { Agent, request } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import type { Load, LoadSeen } from './ingest-child.js';

const load: Load = JSON.parse(process.argv[2] ?? '');
const { url, connections, seconds, eventsPerCall } = load;
const run = `${process.pid}-${Date.now().toString(36)}`;
const latency = createHistogram();
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const options = {
  agent,
  method: 'POST',
  headers: { authorization: `Basic ${Buffer.from('bench:').toString('base64')}`, 'content-type': 'application/json' },
};
const path = `${url}${eventsPerCall === 1 ? '/v1/track' : '/v1/batch'}`;
let made = 0;
const statuses: Record<string, number> = {};

/** An ordinary event of an SDK, some 500 bytes. */
function makeEvent(): object {
  made += 1;
  return {
    type: 'track',
    event: 'Order Completed',
    messageId: `${run}-${made}`,
    userId: `user-${made % 5_000}`,
    timestamp: new Date().toISOString(),
    properties: {
      orderId: `order-${made}`,
      revenue: 49.95,
      currency: 'EUR',
      coupon: 'SPRING',
      products: 3,
      plan: 'pro',
    },
    context: {
      library: { name: 'analytics-node', version: '3.1.0' },
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
      locale: 'en-GB',
      timezone: 'Europe/Vienna',
      page: { path: '/checkout/done', url: 'https://shop.example/checkout/done', title: 'Thank you' },
    },
  };
}

function makeBody(): string {
  if (eventsPerCall === 1) return JSON.stringify(makeEvent());
  return JSON.stringify({ batch: Array.from({ length: eventsPerCall }, makeEvent) });
}

function call(): Promise<string> {
  const body = makeBody();
  return new Promise((resolve) => {
    const outgoing = request(path, options, (response) => {
      response.resume();
      response.once('end', () => resolve(String(response.statusCode)));
    });
    outgoing.once('error', () => resolve('no answer'));
    outgoing.end(body);
  });
}

const start = performance.now();
const end = start + seconds * 1000;
async function keepBusy(): Promise<void> {
  while (performance.now() < end) {
    const before = process.hrtime.bigint();
    const status = await call();
    latency.record(process.hrtime.bigint() - before);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
}
await Promise.all(Array.from({ length: connections }, keepBusy));
agent.destroy();

const took = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage();
const events = (statuses['200'] ?? 0) * eventsPerCall;
const seen: LoadSeen = {
  events,
  eventsPerSecond: events / took,
  p50Ms: latency.percentile(50) / 1e6,
  p99Ms: latency.percentile(99) / 1e6,
  statuses,
  cores: (user + system) / 1e6 / took,
};
console.log(JSON.stringify(seen));
