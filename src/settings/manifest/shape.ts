// JSON Schema of manifest.json itself: what must be there, and of which type.

const TEXT = { type: 'string', minLength: 1 };
const TEXTS = { type: 'array', minItems: 1, items: TEXT };

function record(values: object): object {
  return { type: 'object', minProperties: 1, additionalProperties: values };
}

function closed(required: Record<string, unknown>, optional: Record<string, unknown> = {}): object {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

const DIRECTION = { enum: ['inbound', 'outbound'] };

const CONDITION = closed({ setting: TEXT, is: { anyOf: [TEXT, { type: 'boolean' }] } });

/** Leaves a setting's own JSON Schema keywords open: compiling the settings checks those. */
const SETTING = {
  type: 'object',
  required: ['title', 'description', 'type'],
  properties: {
    title: TEXT,
    description: TEXT,
    type: { enum: ['string', 'integer', 'number', 'boolean', 'array', 'object'] },
    secret: { const: true },
    documentOnly: { const: true },
    direction: DIRECTION,
    requiredInConfig: { anyOf: [{ const: true }, CONDITION] },
    ui: closed(
      { field: { enum: ['textInput', 'singleSelect', 'checkbox', 'tagInput', 'mapping'] }, section: TEXT },
      {
        note: TEXT,
        placeholder: TEXT,
        default: TEXT,
        optionLabels: record(TEXT),
        tagKey: TEXT,
        showWhen: CONDITION,
      },
    ),
  },
};

const ENVIRONMENT_VARIABLE = closed(
  {
    name: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
    type: { enum: ['string', 'integer', 'boolean'] },
    description: TEXT,
  },
  {
    enum: TEXTS,
    minimum: { type: 'integer' },
    maximum: { type: 'integer' },
    default: {},
    secret: { const: true },
  },
);

/** Plain segments and parameters: what Express and OpenAPI read in one way. */
const ROUTE_PATH = { type: 'string', pattern: '^(/:?[A-Za-z0-9._-]+)+$' };

const ROUTE = closed(
  {
    name: { type: 'string', pattern: '^[a-z][A-Za-z0-9]*$' },
    method: { enum: ['GET', 'POST'] },
    path: ROUTE_PATH,
    purpose: TEXT,
  },
  {
    aliases: { type: 'array', minItems: 1, items: ROUTE_PATH },
    listener: { enum: ['private', 'public', 'both'] },
    direction: DIRECTION,
  },
);

const PROTOCOL = closed(
  {
    title: TEXT,
    listener: { enum: ['private', 'public'] },
    routes: { type: 'array', minItems: 1, items: ROUTE },
  },
  { direction: DIRECTION },
);

const DESTINATION = closed({
  transformAtV1: { enum: ['processor', 'router', 'none'] },
  cdkV2Enabled: { type: 'boolean' },
  saveDestinationResponse: { type: 'boolean' },
  sourceTypes: TEXTS,
  legacyConsentSourceTypes: { type: 'array', items: TEXT },
  connectionModes: TEXTS,
});

/** JSON Schema (draft-07) of `Manifest`. */
export const MANIFEST_SHAPE = closed({
  name: { type: 'string', pattern: '^[A-Z0-9_]+$' },
  displayName: TEXT,
  description: TEXT,
  directions: { type: 'array', minItems: 1, items: DIRECTION },
  eventTypes: record({ enum: ['converted', 'audience', 'deletion', 'filtered'] }),
  relayedEventTypes: { type: 'array', items: TEXT },
  protocols: record(PROTOCOL),
  settingSections: record(closed({ title: TEXT, note: TEXT })),
  settings: closed({
    title: { const: 'WorkspaceSettings' },
    description: TEXT,
    type: { const: 'object' },
    additionalProperties: { const: false },
    properties: record(SETTING),
  }),
  environment: { type: 'array', items: ENVIRONMENT_VARIABLE },
  rudderstack: closed({
    destination: DESTINATION,
    source: closed({ name: TEXT, category: TEXT, displayName: TEXT, type: TEXT }),
  }),
});
