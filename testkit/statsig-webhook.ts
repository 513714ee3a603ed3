// Statsig's event webhook as Statsig sends it: the events, the body and its signature.

import { createHmac } from 'node:crypto';

/** An event, as far as tests choose it. */
export interface WebhookParts {
  readonly eventName: string;
  /** What Statsig repeats when it repeats the webhook; its config changes have none. */
  readonly timeUUID: string | undefined;
  readonly userID?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** An event of a webhook: a custom event, or with the name and the metadata of one an exposure. */
export function webhookEvent({ eventName, timeUUID, userID = 'user-42', metadata = {} }: WebhookParts): object {
  return {
    eventName,
    user: { userID },
    userID,
    unitID: 'userID',
    timestamp: 1_768_478_400_000,
    timeUUID,
    metadata,
    statsigMetadata: { sdkType: 'statsig-server-core', languageVersion: '20' },
  };
}

/** The exposure of a gate, all of them equal but for the id. */
export function gateExposure(timeUUID: string): object {
  const metadata = { gate: 'new_checkout', gateValue: 'true', ruleID: 'rule-1' };
  return webhookEvent({ eventName: 'statsig::gate_exposure', timeUUID, metadata });
}

/** The headers of a body (Statsig's documentation, Generic Webhook). @param at milliseconds since the epoch */
export function signWebhook(body: string, secret: string, at: number = Date.now()): Readonly<Record<string, string>> {
  const digest = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex');
  return {
    'content-type': 'application/json',
    'x-statsig-signature': `v0=${digest}`,
    'x-statsig-request-timestamp': String(at),
  };
}
