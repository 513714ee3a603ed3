// What a stock transformer says of itself in answer to GET /features.

/** A document with a key that the plugin does not know. */
export const FEATURES = {
  routerTransform: { HTTP: true, MARKETO: true },
  regulations: ['AM'],
  supportSourceTransformV1: true,
  upgradedToSourceTransformV2: true,
  supportTransformerProxyV1: true,
  supportDestTransformCompactedPayloadV1: true,
  somethingNew: { kept: true },
};
