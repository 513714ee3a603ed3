// A load balancer as small as one can be: each request goes to a replica drawn at random from those that answer, and to the next where no one listens.

import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { serve } from '../../../testkit/loopback.js';
import type { Random } from '../../../testkit/random.js';

/** The balancer. */
export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** As often replicas are asked whether they are alive, and as long as they may take, in milliseconds. */
const ASK_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 1_000;

async function isAlive(port: number): Promise<boolean> {
  const asking = fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return asking.then(
    ({ ok }) => ok,
    () => false,
  );
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param ports of the replicas, whether they run or not */
export async function startBalancer(ports: readonly number[], random: Random): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  let alive: readonly number[] = [];
  let isClosed = false;

  async function look(): Promise<void> {
    if (isClosed) return;
    const answers = await Promise.all(ports.map(isAlive));
    alive = ports.filter((_, index) => answers[index]);
    setTimeout(look, ASK_EVERY_MS).unref();
  }

  /** @param others where it can go if no one listens at the first */
  function pass(
    incoming: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    [port, ...others]: readonly number[],
  ): void {
    if (port === undefined) {
      response.writeHead(503, { 'retry-after': '1' }).end('no replica');
      return;
    }
    const { method, url, headers } = incoming;
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      // What was cut off half-way is cut off for the sender.
      answer.once('error', () => response.destroy());
    });
    response.once('close', () => outgoing.destroy());
    outgoing.once('error', (error) => {
      const wasRefused = 'code' in error && error.code === 'ECONNREFUSED';
      if (wasRefused) pass(incoming, body, response, others);
      else response.destroy();
    });
    outgoing.end(body);
  }

  const server = await serve((incoming, response) => {
    response.on('error', () => {});
    readBody(incoming).then(
      (body) => {
        const from = random.whole(0, Math.max(0, alive.length - 1));
        pass(incoming, body, response, [...alive.slice(from), ...alive.slice(0, from)]);
      },
      () => response.destroy(),
    );
  });
  void look();
  return {
    url: server.url,
    async close() {
      isClosed = true;
      agent.destroy();
      await server.close();
    },
  };
}
