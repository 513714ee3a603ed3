// Sends to the plugin as the senders do.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { PLACE } from './place.js';

/** What the plugin answered. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

type Headers = Readonly<Record<string, string>>;

/** Senders of one plugin. */
export interface Senders {
  /** One of Segment's SDKs. @param events a batch of messages @throws where it is not answered 200 */
  sdk(events: readonly object[], headers?: Headers): Promise<void>;
  /** Segment's webhook. @param secret of the header; default: the right one */
  segment(event: object, secret?: string): Promise<Answered>;
  /** Statsig's webhook, signed. @param secret by which; default: the right one */
  statsig(events: readonly object[], secret?: string): Promise<Answered>;
}

/** @param url of the plugin */
export function createSenders(url: string): Senders {
  const post = async (path: string, body: string, headers: Headers): Promise<Answered> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    async sdk(events, headers = {}) {
      const authorization = `Basic ${Buffer.from(`${PLACE.writeKey}:`).toString('base64')}`;
      const { status, text } = await post('/v1/batch', JSON.stringify({ batch: events }), {
        authorization,
        ...headers,
      });
      assert.equal(status, 200, text);
    },
    segment: (event, secret = PLACE.headerSecret) =>
      post(`/segment/${PLACE.workspace}`, JSON.stringify(event), { authorization: `Bearer ${secret}` }),
    statsig(events, secret = PLACE.signingSecret) {
      const body = JSON.stringify({ data: events });
      const time = String(Date.now());
      const hmac = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
      const headers = { 'x-statsig-request-timestamp': time, 'x-statsig-signature': `v0=${hmac}` };
      return post(`/statsig/${PLACE.workspace}`, body, headers);
    },
  };
}
