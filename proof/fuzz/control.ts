// Ordinary requests beside every arbitrary one: nothing that anybody sends may change their answers.

import { randomUUID } from 'node:crypto';
import type { WireClient } from './wire.js';

/** Sends an ordinary request and says what is wrong with its answer. */
export type Control = () => Promise<string | undefined>;

const ELEMENT = {
  message: {
    type: 'track',
    event: 'Order Completed',
    userId: 'user-42',
    timestamp: '2026-01-02T03:04:05.000Z',
    properties: { total: 19.99, currency: 'USD' },
  },
  metadata: { jobId: 7, sourceId: 'src-7', destinationId: 'dst-7', workspaceId: 'ws-7' },
  destination: { ID: 'dst-7', WorkspaceID: 'ws-7', Config: { secretKey: 'secret-control' } },
};

function post(path: string, body: unknown, authority: string): Buffer {
  const text = JSON.stringify(body);
  const head = `POST ${path} HTTP/1.1\r\nHost: ${authority}\r\nContent-Type: application/json\r\n`;
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

/** Every so many controls one goes to disk, which takes longer than all the others. */
const TO_DISK_EVERY = 8;

/**
 * @param authority host and port
 * @param senders reaches the port for senders outside; default: that of `client`
 */
export async function createControl(client: WireClient, authority: string, senders = client): Promise<Control> {
  const conversion = post('/v0/destinations/statsig', [ELEMENT], authority);

  async function ask(bytes: Buffer, by = client): Promise<string> {
    const outcome = await by.send({ bytes });
    if (outcome.kind !== 'answered') return outcome.kind;
    return `${outcome.answer.status} ${outcome.answer.body}`;
  }

  const converted = await ask(conversion);
  if (!converted.startsWith('200 [{"output":')) throw new Error(`the control is not answered: ${converted}`);
  let count = 0;
  return async () => {
    count += 1;
    const isToDisk = count % TO_DISK_EVERY === 0;
    const event = { writeKey: 'write-open', event: 'Control', userId: 'user-42', messageId: randomUUID() };
    const answer = isToDisk ? await ask(post('/v1/track', event, authority), senders) : await ask(conversion);
    const expected = isToDisk
      ? '200 {"success":true,"accepted":1,"duplicates":0,"filtered":0,"rejected":[]}'
      : converted;
    return answer === expected ? undefined : `an ordinary request beside it got ${answer.slice(0, 200)}`;
  };
}
