// Speaks as Statsig's event webhook: signs and posts.

import { createHmac } from 'node:crypto';

/** Not a real signing secret: Statsig's own are longer. */
export const SIGNING_SECRET = 'webhook-example';

const CODE = 'code-4711';

/** What Statsig wants to hear in answer to its handshake. */
export const CODE_ANSWER = {
  status: 200,
  contentType: 'application/json',
  text: JSON.stringify({ verification_code: CODE }),
};

/** What came back, as far as Statsig could look at it. */
export interface WebhookAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/** How Statsig signs, unless told otherwise: with the right secret and the time of this machine. */
export interface Signing {
  readonly secret?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<WebhookAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, contentType: response.headers.get('content-type'), text: await response.text() };
}

/** Posts a body without a signature. */
export function postUnsigned(url: string, body: string): Promise<WebhookAnswer> {
  return post(url, body, {});
}

/** Posts a body with the headers that Statsig's documentation describes (Generic Webhook, signature verification). */
export function postSigned(
  url: string,
  body: string,
  { secret = SIGNING_SECRET, timestamp = Date.now() }: Signing = {},
): Promise<WebhookAnswer> {
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return post(url, body, {
    'X-Statsig-Signature': `v0=${signature}`,
    'X-Statsig-Request-Timestamp': String(timestamp),
  });
}

/** Asks what Statsig asks, unsigned, when the webhook is saved. */
export function askForCode(url: string): Promise<WebhookAnswer> {
  return postUnsigned(url, JSON.stringify({ data: { event: 'url_verification', verification_code: CODE } }));
}
