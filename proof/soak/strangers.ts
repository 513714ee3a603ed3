// Those who send what cannot be used: broken bodies, and a byte now and then.

import { connect, type Socket } from 'node:net';
import type { Random } from '../../testkit/random.js';
import { makeTraffic, postTo, type Traffic } from './traffic.js';

const ROUTES = [
  '/v0/destinations/statsig',
  '/routerTransform',
  '/v1/destinations/statsig/proxy',
  '/v2/sources/statsig',
  '/v1/batch',
  '/v1/track',
  '/segment/lane-0',
  '/statsig/lane-0',
  '/nowhere',
];

const BODIES = [
  '',
  '{',
  'null',
  '42',
  '[[[[[[]]]]]]',
  '{"batch":"all of it"}',
  '{"input":{},"destType":"statsig"}',
  `"${'x'.repeat(50_000)}"`,
  `{"__proto__":{"batch":[1]},"events":${'['.repeat(2_000)}${']'.repeat(2_000)}}`,
];

const REST_MS = 150;
const SLOW_CLIENTS = 50;

/** Each is answered with what is the sender's fault, and none is taken. */
export function brokenBodies(url: string, random: Random): Traffic {
  return makeTraffic('broken bodies', REST_MS, async (tally) => {
    const route = ROUTES[random.whole(0, ROUTES.length - 1)] ?? '';
    const body = BODIES[random.whole(0, BODIES.length - 1)] ?? '';
    const { status, text } = await postTo(url + route, body);
    tally.in += 1;
    // The batch transforms answer 200 to an empty batch.
    if (status < 500) tally.out += 1;
    else tally.broken.push(`${route} answers ${body.slice(0, 60)} with ${status} ${text.slice(0, 200)}`);
  });
}

/** Always as many as that have a request under way that never ends; the oldest goes when a new one comes. */
export function slowClients(port: number): Traffic {
  const sockets: Socket[] = [];
  const traffic = makeTraffic('slow clients', 200, async (tally) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /v1/batch HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 4000\r\n\r\n{"batch":[');
    sockets.push(socket);
    for (const each of sockets) each.write(' ');
    if (sockets.length > SLOW_CLIENTS) sockets.shift()?.destroy();
    tally.in += 1;
    tally.out += 1;
  });
  return {
    ...traffic,
    async run(enough) {
      await traffic.run(enough);
      for (const socket of sockets) socket.destroy();
    },
  };
}
