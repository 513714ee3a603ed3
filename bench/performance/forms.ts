// The requests of the speed benchmark: for each form its route, its headers and its body.

import { createRandom, type Random } from '../../testkit/random.js';
import { FreshBody } from './fresh-body.js';
import { type Message, MIXES, makeMessage, spoil } from './messages.js';
import { CONNECTION, DESTINATION, processorMetadata, routerMetadata } from './rudder-elements.js';
import { makeWebhookEvent } from './webhook-events.js';

/** What is asked of a server. */
export type FormName = 'processor' | 'compacted' | 'router' | 'single' | 'batch' | 'webhook';

/** What the messages are. `invalid`: none of them can be converted. */
export type Content = 'mixed' | 'converted' | 'invalid';

/** A request, ready to be sent again and again. */
export interface FreshRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FreshBody;
}

/** Of the Tracking API's workspace. */
export const WRITE_KEY = 'bench';
/** Of the workspace that Statsig's webhook posts to. */
export const SIGNING_SECRET = 'bench';

const JSON_HEADERS = { 'Content-Type': 'application/json; charset=utf-8' };
const RUDDER_HEADERS = { ...JSON_HEADERS, 'X-Feature-Gzip-Support': '?1', 'X-Feature-Filter-Code': '?1' };
const COMPACTED_HEADERS = { ...RUDDER_HEADERS, 'X-Content-Format': 'json+compactedv1' };
const SDK_HEADERS = { ...JSON_HEADERS, Authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` };

function makeMessages(content: Content, count: number, random: Random): readonly Message[] {
  const mix = content === 'converted' ? MIXES.converted : MIXES.mixed;
  return Array.from({ length: count }, () => makeMessage(random, random.weighted(mix)));
}

/** The whole element of a plain body. */
function plainElement(message: object, metadata: object): string {
  return JSON.stringify({
    message,
    metadata,
    destination: DESTINATION,
    connection: CONNECTION,
    libraries: null,
    credentials: [],
  });
}

type Make = (messages: readonly Message[], sent: readonly object[]) => FreshRequest;

/** `sent` are the messages as they are sent, which may be spoiled ones. */
const MAKERS: Readonly<Record<Exclude<FormName, 'webhook'>, Make>> = {
  processor: (messages, sent) => ({
    path: '/v0/destinations/statsig',
    headers: RUDDER_HEADERS,
    body: new FreshBody(
      '[',
      messages.map((message, i) => plainElement(sent[i] ?? {}, processorMetadata(message))),
      ']',
    ),
  }),
  compacted: (messages, sent) => {
    const once = {
      destinations: { [DESTINATION.ID]: DESTINATION },
      connections: { [`${CONNECTION.sourceId}:${DESTINATION.ID}`]: CONNECTION },
    };
    return {
      path: '/v0/destinations/statsig',
      headers: COMPACTED_HEADERS,
      body: new FreshBody(
        '{"input":[',
        messages.map((message, i) => JSON.stringify({ message: sent[i], metadata: processorMetadata(message) })),
        `],${JSON.stringify(once).slice(1)}`,
      ),
    };
  },
  router: (messages, sent) => ({
    path: '/routerTransform',
    headers: RUDDER_HEADERS,
    body: new FreshBody(
      '{"input":[',
      messages.map((message, i) => plainElement(sent[i] ?? {}, routerMetadata(message))),
      '],"destType":"statsig"}',
    ),
  }),
  single: ([message], [sent]) => ({
    path: `/v1/${message?.type}`,
    headers: SDK_HEADERS,
    body: new FreshBody('', [JSON.stringify(sent)], ''),
  }),
  batch: (_messages, sent) => ({
    path: '/v1/batch',
    headers: SDK_HEADERS,
    body: new FreshBody(
      '{"batch":[',
      sent.map((message) => JSON.stringify(message)),
      ']}',
    ),
  }),
};

/**
 * Makes a request.
 *
 * @param events in its body
 * @param seed equal seeds give equal messages
 */
export function makeRequest(form: FormName, content: Content, events: number, seed: number): FreshRequest {
  const random = createRandom(seed);
  if (form === 'webhook') {
    const texts = Array.from({ length: events }, () => JSON.stringify(makeWebhookEvent(random)));
    return { path: '/statsig/bench', headers: JSON_HEADERS, body: new FreshBody('{"data":[', texts, ']}') };
  }
  const messages = makeMessages(content, events, random);
  const sent = content === 'invalid' ? messages.map(spoil) : messages;
  return MAKERS[form](messages, sent);
}
