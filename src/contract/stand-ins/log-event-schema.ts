// The published shape of Statsig's events, as a JSON Schema (Statsig's OpenAPI of the HTTP API: LogEventRequest, StatsigEvent, StatsigUser, StatsigMetadata).

const text = { type: 'string' };
const object = { type: 'object' };

const statsigMetadata = {
  type: 'object',
  properties: { sdkType: text, sdkVersion: text, exposureLoggingDisabled: { type: 'boolean' } },
};

/** StatsigUser. */
export const userSchema = {
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
    privateAttributes: object,
    customIDs: { type: 'object', additionalProperties: text },
    // The OpenAPI lists three tiers; Statsig's documentation lets a project define more.
    statsigEnvironment: { type: 'object', properties: { tier: { type: 'string', minLength: 1 } } },
  },
};

/** StatsigEvent. */
export const eventSchema = {
  type: 'object',
  required: ['eventName'],
  properties: {
    eventName: { type: 'string', minLength: 1 },
    value: { oneOf: [text, { type: 'number' }] },
    time: { oneOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }] },
    user: userSchema,
    metadata: { type: 'object', additionalProperties: text },
    secondaryExposures: { type: 'array', items: object },
    statsigMetadata,
  },
};

/** Body of `POST /v1/log_event`. */
export const logEventSchema = {
  type: 'object',
  required: ['events'],
  properties: { events: { type: 'array', minItems: 1, items: eventSchema }, user: userSchema, statsigMetadata },
};
