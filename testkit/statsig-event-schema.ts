// The published shape of a Statsig event, as a JSON Schema (Statsig's OpenAPI: LogEventRequest, StatsigEvent, StatsigUser).

const text = { type: 'string' };

const user = {
  type: 'object',
  properties: {
    userID: text,
    email: { type: 'string', format: 'email' },
    ip: text,
    userAgent: text,
    country: text,
    locale: text,
    appVersion: text,
    // "string, number, boolean, or array of strings"
    custom: {
      type: 'object',
      additionalProperties: { anyOf: [text, { type: 'number' }, { type: 'boolean' }, { type: 'array', items: text }] },
    },
    customIDs: { type: 'object', additionalProperties: text },
    statsigEnvironment: {
      type: 'object',
      required: ['tier'],
      // The OpenAPI lists three tiers; Statsig's documentation lets a project define more.
      properties: { tier: { type: 'string', minLength: 1 } },
      additionalProperties: false,
    },
  },
  // Stricter than the OpenAPI: nothing it does not name leaves, privateAttributes least of all.
  additionalProperties: false,
};

const event = {
  type: 'object',
  required: ['eventName'],
  properties: {
    eventName: { type: 'string', minLength: 1 },
    value: { oneOf: [text, { type: 'number' }] },
    time: { oneOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }] },
    user,
    metadata: { type: 'object', additionalProperties: text },
  },
  additionalProperties: false,
};

/** JSON Schema of the body of `POST /v1/log_event`. */
export const logEventSchema = {
  type: 'object',
  required: ['events'],
  properties: {
    events: { type: 'array', minItems: 1, items: event },
    user,
    statsigMetadata: { type: 'object' },
  },
  additionalProperties: false,
};
