// Signs requests as the senders do.

import { createHmac } from 'node:crypto';
import { parseJson } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import type { Json, Signing } from './fixture.js';
import { isFields } from './placeholders.js';

/** Names and values of the headers of a signature. */
type SignatureHeaders = Readonly<Record<string, string>>;

/** A body, before and after compression. */
export interface BodyBytes {
  readonly plain: Buffer;
  readonly sent: Buffer;
}

/** What Webhook Audiences signs: its extras come into the event afterwards. */
function withoutExtras(event: Json | undefined): Json | undefined {
  if (!isFields(event) || !isFields(event.context) || !isFields(event.context.personas)) return event;
  const { audience_settings: settings } = event.context.personas;
  const extras = parseJson(isFields(settings) ? String(settings.extras) : '') as Json | undefined;
  if (!isFields(extras)) return event;
  return Object.fromEntries(Object.entries(event).filter(([name]) => !Object.hasOwn(extras, name)));
}

/** Segment signs the body, or of a batch its first event (Segment's action-destinations: `webhook`, `webhook-extensible`, `webhook-audiences`). */
function segmentPart(body: Json | undefined, part: Signing['part'], plain: Buffer): string | Buffer {
  if (part === undefined || part === 'body') return plain;
  if (part === 'event without extras')
    return JSON.stringify(withoutExtras(Array.isArray(body) ? body[0] : body)) ?? plain;
  if (!Array.isArray(body)) return plain;
  const [first] = body;
  const inside = part === 'unwrapped first event' && isFields(first) ? first.json : undefined;
  return JSON.stringify(inside ?? first) ?? plain;
}

function signAsStatsig(
  { secret, ageMs = 0, timestamp, version = 'v0' }: Signing,
  signed: Buffer | string,
  now: EpochMs,
): SignatureHeaders {
  const time = timestamp ?? String(now - ageMs);
  const hmac = createHmac('sha256', secret).update(`${version}:${time}:`).update(signed).digest('hex');
  return { 'X-Statsig-Request-Timestamp': time, 'X-Statsig-Signature': `${version}=${hmac}` };
}

/** The headers of the signature of a whole request. @param body as JSON, where it is written so */
export function signRequest(
  signing: Signing,
  body: Json | undefined,
  bytes: BodyBytes,
  now: EpochMs,
): SignatureHeaders {
  if (signing.scheme === 'statsig')
    return signAsStatsig(signing, signing.over ?? (signing.compressed ? bytes.sent : bytes.plain), now);
  const signed = segmentPart(body, signing.part, bytes.plain);
  return { 'X-Signature': createHmac('sha1', signing.secret).update(signed).digest('hex') };
}

/** The elements of a RudderStack source transform, with the webhook in one of them signed: its headers are lists, as Go has them. */
export function signElement(signing: Signing, elements: Json, now: EpochMs): Json {
  if (!Array.isArray(elements)) return elements;
  return elements.map((element: Json, index) => {
    const webhook = isFields(element) ? element.request : undefined;
    if (index !== signing.element || !isFields(element) || !isFields(webhook)) return element;
    const signature = signAsStatsig(signing, signing.over ?? String(webhook.body), now);
    const lists = Object.fromEntries(Object.entries(signature).map(([name, value]) => [name, [value]]));
    const headers = isFields(webhook.headers) ? webhook.headers : {};
    return { ...element, request: { ...webhook, headers: { ...headers, ...lists } } };
  });
}
