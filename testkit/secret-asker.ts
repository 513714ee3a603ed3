// Asks the process, and searches every answer for secrets.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Canaries, Leak } from './canaries.js';

/** What an answer may hold, because the protocol has it there. */
export const CARRIED = {
  'delivery request': {
    fields: ['STATSIG-API-KEY'],
    because: 'rudder-server sends the delivery request itself, so that it has to be told the key',
  },
  destination: {
    fields: ['STATSIG-API-KEY', 'destination'],
    because: 'the answer to a router or batch request repeats the destination that came with it',
  },
  'SDK settings': {
    fields: ['apiKey'],
    because: "Segment's browser SDK asks with the write key in the path and reads it from the answer",
  },
} as const satisfies Record<string, { readonly fields: readonly string[]; readonly because: string }>;

/** A request of the traffic. */
export interface SecretRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly carries?: keyof typeof CARRIED;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** The text without what it may hold. */
function withoutCarried(body: string, carries: keyof typeof CARRIED | undefined): string {
  if (carries === undefined) return body;
  const fields: readonly string[] = CARRIED[carries].fields;
  return JSON.stringify(JSON.parse(body, (name, value) => (fields.includes(name) ? undefined : value)));
}

/** Asks the process, and searches what it answers. */
export interface Asker {
  /** @returns the body */
  ask(path: string, request?: SecretRequest): Promise<string>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>, more?: SecretRequest): Promise<string>;
  /** Writes bytes to the socket that are no request of any client. */
  send(bytes: string): Promise<void>;
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly leaks: readonly Leak[];
}

export function createAsker(url: string, canaries: Canaries): Asker {
  const statuses = new Map<number, number>();
  const leaks: Leak[] = [];
  async function ask(path: string, { method = 'GET', headers, body, carries }: SecretRequest = {}): Promise<string> {
    const response = await fetch(url + path, {
      method,
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(30_000),
    });
    const answered = await response.text();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const place = `answer ${response.status} to ${method} ${path}`;
    leaks.push(...canaries.search(place, `${head}\n${withoutCarried(answered, carries)}`));
    return answered;
  }
  return {
    ask,
    post: (path, body, headers = {}, more = {}) =>
      ask(path, {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...more,
      }),
    async send(bytes) {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
      socket.end(bytes);
      leaks.push(...canaries.search('answer to broken bytes', await text(socket).catch(() => '')));
    },
    statuses,
    leaks,
  };
}
