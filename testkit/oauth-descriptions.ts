// What Segment's documents say of its OAuth endpoints and its Config API, as JSON Schemas. Sources: "Enable with OAuth" (partners/enable-with-segment) and the pages of the Config API
// (api/config-api) of Segment's documentation; RFC 6749 and RFC 7636 for what those leave to "a standard OAuth library".

const text = { type: 'string', minLength: 1 };

/** Query of the authorization endpoint: RFC 6749, 4.1.1; Segment takes `code` alone. `state` is never left out here. */
export const authorizeQuery = {
  type: 'object',
  required: ['response_type', 'client_id', 'redirect_uri', 'scope', 'state'],
  additionalProperties: false,
  properties: {
    response_type: { const: 'code' },
    client_id: text,
    redirect_uri: text,
    scope: { enum: ['destination/webhooks', 'destination/shop-events'] },
    // RFC 6749, 10.10: not to be guessed.
    state: { type: 'string', minLength: 22 },
    code_challenge: { type: 'string', pattern: '^[\\w-]{43}$' },
    code_challenge_method: { const: 'S256' },
  },
  dependentRequired: { code_challenge: ['code_challenge_method'], code_challenge_method: ['code_challenge'] },
};

/** Form of the token endpoint: RFC 6749, 4.1.3 and 6. The client stands in the header, "in a basic authorization header". */
export const tokenForm = {
  oneOf: [
    {
      type: 'object',
      required: ['grant_type', 'code', 'redirect_uri'],
      additionalProperties: false,
      properties: {
        grant_type: { const: 'authorization_code' },
        code: text,
        redirect_uri: text,
        // RFC 7636, 4.1.
        code_verifier: { type: 'string', pattern: '^[\\w.~-]{43,128}$' },
      },
    },
    {
      type: 'object',
      required: ['grant_type', 'refresh_token'],
      additionalProperties: false,
      properties: { grant_type: { const: 'refresh_token' }, refresh_token: text },
    },
  ],
};

const destinationName = '^workspaces/[\\w-]+/sources/[\\w-]+/destinations/[\\w-]+$';

const config = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'type', 'value'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', pattern: `${destinationName.slice(0, -1)}/config/\\w+$` },
      display_name: { type: 'string' },
      // `mixed` is what public clients of the API send for the list of hooks; the documents show `string` and `boolean`.
      type: { enum: ['string', 'boolean', 'mixed'] },
      value: {},
    },
  },
};

/** Body that makes a destination. */
export const createBody = {
  type: 'object',
  required: ['destination'],
  additionalProperties: false,
  properties: {
    destination: {
      type: 'object',
      required: ['name', 'connection_mode', 'config', 'enabled'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', pattern: destinationName },
        connection_mode: { enum: ['CLOUD', 'DEVICE', 'UNSPECIFIED'] },
        config,
        enabled: { type: 'boolean' },
      },
    },
  },
};

/** Body that changes one: nothing changes that the mask does not name. */
export const updateBody = {
  type: 'object',
  required: ['destination', 'update_mask'],
  additionalProperties: false,
  properties: {
    destination: {
      type: 'object',
      additionalProperties: false,
      properties: { enabled: { type: 'boolean' }, config },
    },
    update_mask: {
      type: 'object',
      required: ['paths'],
      additionalProperties: false,
      properties: {
        paths: { type: 'array', minItems: 1, items: { enum: ['destination.enabled', 'destination.config'] } },
      },
    },
  },
};
