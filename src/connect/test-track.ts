// A real event that connecting sends by the write key of a source, as any SDK does: Segment's Tracking API and a RudderStack data plane take the same.

import { Secret } from '../base/secret.js';
import { VERSION } from '../base/version.js';
import { callHttp } from '../call/http-call.js';
import { hostOf } from '../call/http-request.js';
import { ConnectError } from './connection.js';

/** The name that the event has at the CDP and in Statsig. */
export const TEST_EVENT = 'Statsig CDP Connected';

const TEST_USER = 'statsig-cdp-test';

const TIMEOUT_MS = 10_000;

/** What is sent. */
export interface TestTrack {
  /** Address that takes `/v1/track`; without a slash at its end. */
  readonly url: string;
  readonly writeKey: Secret;
  readonly messageId: string;
  /** Which destinations are to have it. Default: all. */
  readonly integrations?: Readonly<Record<string, boolean>>;
  readonly signal: AbortSignal | undefined;
}

/** @throws ConnectError where it is not taken */
export async function sendTestTrack({ url, writeKey, messageId, integrations, signal }: TestTrack): Promise<void> {
  const basic = Buffer.from(`${writeKey.reveal()}:`).toString('base64');
  const event = {
    event: TEST_EVENT,
    userId: TEST_USER,
    messageId,
    timestamp: new Date().toISOString(),
    context: { library: { name: 'statsig-cdp', version: VERSION } },
    ...(integrations !== undefined && { integrations }),
  };
  const answer = await callHttp(
    {
      method: 'POST',
      url: `${url}/v1/track`,
      headers: { authorization: new Secret(`Basic ${basic}`), 'content-type': 'application/json' },
      body: JSON.stringify(event),
    },
    { timeoutMs: TIMEOUT_MS, ...(signal !== undefined && { signal }) },
  );
  if (answer.kind === 'answered' && answer.status === 200) return;
  const why = answer.kind === 'answered' ? `answers ${answer.status}` : `does not answer (${answer.message})`;
  throw new ConnectError('unavailable', `The test event was not sent: ${hostOf(url)} ${why}. All else is connected.`);
}
