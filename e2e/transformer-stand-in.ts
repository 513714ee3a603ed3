// Stands in for the stock transformer, and for the service that its destinations deliver to.

import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../src/model/segment-event.js';
import { serve } from '../testkit/loopback.js';

/** A running stand-in. */
export interface TransformerStandIn {
  readonly url: string;
  /** Paths it was asked for, /features and /health apart. */
  readonly paths: readonly string[];
  /** Elements of source transform requests, in the order of arrival. */
  readonly webhooks: readonly SourceElement[];
  /** messageIds delivered for each destination type, in the order of arrival. */
  readonly delivered: ReadonlyMap<string, readonly string[]>;
  readonly close: () => Promise<void>;
}

/** A webhook of a source, as rudder-server's gateway passes it on (source transform v2). */
export interface SourceElement {
  readonly request: { readonly body: string };
  readonly source: { readonly ID: string };
}

interface Element {
  readonly message: { readonly messageId: string };
  readonly metadata: JsonObject;
  readonly destination?: JsonObject;
}

interface RouterBody {
  readonly input: readonly Element[];
  readonly destType?: string;
  readonly destinations?: Readonly<Record<string, JsonObject>>;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** An event that holds the webhook's body, and the same body as the answer to its sender. */
function sourceAnswer({ request: { body } }: SourceElement): object {
  const event = { type: 'track', event: 'webhook_source_event', anonymousId: 'nobody', properties: { body } };
  const outputToSource = { body: Buffer.from(body).toString('base64'), contentType: 'application/json' };
  return { output: { batch: [event] }, outputToSource };
}

/**
 * Starts a stand-in that transforms any destination type, in the processor and in batches, delivers as a proxy, and transforms webhooks of the general type.
 *
 * @param features what GET /features answers
 * @param port a free one unless given
 */
export async function startTransformer(features: object, port = 0): Promise<TransformerStandIn> {
  const paths: string[] = [];
  const delivered = new Map<string, string[]>();
  const webhooks: SourceElement[] = [];

  function deliver(type: string, body: { messageIds: string[] }): void {
    delivered.set(type, [...(delivered.get(type) ?? []), ...body.messageIds]);
  }

  /** A delivery request to our own /deliver. */
  function deliveryRequest(type: string, elements: readonly Element[]): object {
    return {
      version: '1',
      type: 'REST',
      method: 'POST',
      endpoint: `${url}/deliver/${type}`,
      headers: { 'content-type': 'application/json' },
      params: {},
      body: {
        JSON: { messageIds: elements.map(({ message }) => message.messageId) },
        JSON_ARRAY: {},
        XML: {},
        FORM: {},
      },
      files: {},
      userId: '',
    };
  }

  function routerAnswer({ input, destType = '', destinations }: RouterBody): object {
    const [first] = input;
    const destination = first?.destination ?? destinations?.[String(first?.metadata.destinationId)];
    const metadata = input.map((element) => element.metadata);
    const batchedRequest = deliveryRequest(destType, input);
    return { output: [{ batchedRequest, metadata, destination, batched: true, statusCode: 200 }] };
  }

  function processorResponse(type: string, body: RouterBody | readonly Element[]): object {
    const elements = 'input' in body ? body.input : body;
    return elements.map((element) => ({
      output: deliveryRequest(type, [element]),
      metadata: element.metadata,
      statusCode: 200,
    }));
  }

  function proxyResponse(type: string, body: { body: { JSON: { messageIds: string[] } }; metadata: object[] }): object {
    deliver(type, body.body.JSON);
    const response = body.metadata.map((metadata) => ({ statusCode: 200, metadata, error: '' }));
    return { output: { message: 'delivered by the stand-in', response } };
  }

  function answerTo(path: string, text: string): object | undefined {
    if (path === '/features') return features;
    if (path === '/health') return { service: 'UP' };
    paths.push(path);
    if (path === '/v2/sources/webhook') {
      const elements: SourceElement[] = JSON.parse(text);
      webhooks.push(...elements);
      return elements.map(sourceAnswer);
    }
    if (path === '/routerTransform') return routerAnswer(JSON.parse(text));
    const [, type = '', proxy] = /^\/v[01]\/destinations\/(\w+)(\/proxy)?$/.exec(path) ?? [];
    if (type === '') return undefined;
    return proxy === undefined ? processorResponse(type, JSON.parse(text)) : proxyResponse(type, JSON.parse(text));
  }

  const { url, close } = await serve(async (request, response) => {
    const path = request.url ?? '';
    const text = await readText(request);
    if (path.startsWith('/deliver/')) {
      deliver(path.slice('/deliver/'.length), JSON.parse(text));
      response.writeHead(200).end('{}');
      return;
    }
    const answer = answerTo(path, text);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json', apiVersion: '2' });
    response.end(JSON.stringify(answer ?? {}));
  }, port);
  return { url, paths, webhooks, delivered, close };
}
