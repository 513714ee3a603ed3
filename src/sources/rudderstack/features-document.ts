// What /features says: our own document, and the upstream's with our part in it.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { manifest } from '../../settings/manifest.js';
import { DESTINATION_TYPE } from './destination-type.js';

/** Nothing is announced that is not served. */
const IS_INBOUND = manifest.directions.includes('inbound');

/**
 * The answer of a plugin that is the only transformer: it serves nothing but Statsig.
 *
 * @param routerTransform true when rudder-server's router shall send batches instead of its processor single events
 */
export function standaloneFeatures(routerTransform: boolean): JsonObject {
  return {
    routerTransform: { [DESTINATION_TYPE]: routerTransform && IS_INBOUND },
    regulations: IS_INBOUND ? [DESTINATION_TYPE] : [],
    supportSourceTransformV1: true,
    upgradedToSourceTransformV2: true,
    supportTransformerProxyV1: true,
    supportDestTransformCompactedPayloadV1: true,
  };
}

/**
 * Reads what a stock transformer answered to GET /features, `undefined` where that was no JSON. Throws an Error for whatever must not reach rudder-server:
 * it panics on a 200 that is not a JSON object, or that has neither of the source transform flags.
 */
export function readFeatures(document: unknown): JsonObject {
  if (!isJsonObject(document)) throw new Error(document === undefined ? 'not JSON' : 'not a JSON object');
  if (document.upgradedToSourceTransformV2 !== true && document.supportSourceTransformV1 !== true) {
    throw new Error('neither upgradedToSourceTransformV2 nor supportSourceTransformV1 is true');
  }
  return document;
}

/**
 * The types whose users can be deleted. rudder-server has a list of its own for a transformer that names none, which our type alone would replace.
 */
function mergeRegulations(upstream: unknown): { readonly regulations?: readonly unknown[] } {
  if (!IS_INBOUND || !Array.isArray(upstream) || upstream.length === 0) return {};
  return { regulations: upstream.includes(DESTINATION_TYPE) ? upstream : [...upstream, DESTINATION_TYPE] };
}

/**
 * The upstream's document with `routerTransform.STATSIG` set, and STATSIG among its `regulations`. All else stays, also keys unknown here: rudder-server
 * applies the other flags to every destination, so they are the upstream's to decide.
 */
export function mergeFeatures(upstream: JsonObject, routerTransform: boolean): JsonObject {
  const perType = isJsonObject(upstream.routerTransform) ? upstream.routerTransform : {};
  return {
    ...upstream,
    ...mergeRegulations(upstream.regulations),
    routerTransform: { ...perType, [DESTINATION_TYPE]: routerTransform && IS_INBOUND },
  };
}
