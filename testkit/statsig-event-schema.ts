// What our own log_event bodies are: of the published shape, and stricter, because nothing leaves that we do not write ourselves.

import { eventSchema, logEventSchema, userSchema } from '../src/contract/stand-ins/log-event-schema.js';

const { privateAttributes: _, ...userProperties } = userSchema.properties;
const { secondaryExposures: __, statsigMetadata: ___, ...eventProperties } = eventSchema.properties;

const user = {
  ...userSchema,
  properties: {
    ...userProperties,
    statsigEnvironment: { ...userProperties.statsigEnvironment, required: ['tier'], additionalProperties: false },
  },
  additionalProperties: false,
};

const event = { ...eventSchema, properties: { ...eventProperties, user }, additionalProperties: false };

const { events } = logEventSchema.properties;

/** JSON Schema of the body of `POST /v1/log_event`. */
export const ownLogEventSchema = {
  ...logEventSchema,
  properties: { ...logEventSchema.properties, events: { ...events, items: event }, user },
  additionalProperties: false,
};
