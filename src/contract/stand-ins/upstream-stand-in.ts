// Stands in on loopback for the transformer that requests of other destinations and sources are passed on to.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { type Judgement, type StandIn, type StandInOptions, startStandIn, type UnjudgedRequest } from './stand-in.js';

/** What the stand-in is told of. */
export interface UpstreamStandInOptions extends StandInOptions {
  /** What it answers to `GET /features`. */
  readonly features?: object;
}

/** As the stock transformer answers, as far as rudder-server reads it. */
const FEATURES = {
  routerTransform: {},
  regulations: [],
  supportSourceTransformV1: true,
  supportTransformerProxyV1: true,
  upgradedToSourceTransformV2: true,
};

const TRANSFORM_PATH = /^\/v\d+\/destinations\/[^/]+$/;

/** The answer to one event: a request that holds its message. */
function transformed(event: unknown): object {
  const { message, metadata } = isJsonObject(event) ? event : ({} as JsonObject);
  const body = { JSON: message ?? {}, JSON_ARRAY: {}, XML: {}, FORM: {} };
  const request = { version: '1', type: 'REST', method: 'POST', endpoint: 'https://upstream.example', headers: {} };
  return { output: { ...request, params: {}, body, files: {}, userId: '' }, metadata, statusCode: 200 };
}

/**
 * Starts a stand-in for a stock transformer: point `UPSTREAM_TRANSFORMER_URL` at it. It answers `/health`, `/features` and processor transforms, and everything else with 200 and `{}`.
 *
 * @throws the system's error where it cannot listen
 */
export function createUpstreamStandIn(options: UpstreamStandInOptions = {}): Promise<StandIn> {
  const { features = FEATURES } = options;
  function judge({ method, path, body }: UnjudgedRequest): Judgement {
    const answer = (value: object) => ({ problems: [], perform: () => ({ status: 200, body: value }) });
    if (method === 'GET' && path === '/health') return answer({ service: 'UP' });
    if (method === 'GET' && path === '/features') return answer(features);
    if (TRANSFORM_PATH.test(path) && Array.isArray(body)) return answer(body.map(transformed));
    return answer({});
  }
  return startStandIn({ judge, forget: () => {} }, options);
}
