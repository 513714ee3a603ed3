// The published shapes of the Console API's calls about segments and ID types, as JSON Schemas (Statsig's OpenAPI of the Console API, version 20240601).

const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };

const segmentTypes = ['id_list', 'rule_based', 'analysis_list', 'user_store_id_list'];

/** Body of the call that makes a segment. */
export const createSegmentSchema = {
  type: 'object',
  required: ['name', 'type'],
  properties: {
    name: { type: 'string', minLength: 3, maxLength: 100, pattern: '^[a-zA-Z0-9_\\- ]*$' },
    id: { type: 'string', minLength: 3, maxLength: 100, pattern: '^[a-zA-Z0-9_-]*$' },
    description: { type: 'string', maxLength: 1000 },
    type: { enum: segmentTypes },
    idType: text,
    tags: { type: 'array', items: text },
    creatorEmail: textOrNull,
    team: textOrNull,
  },
};

/** Body of the calls that add and remove ids. */
export const idsSchema = {
  type: 'object',
  required: ['ids'],
  properties: { ids: { type: 'array', minItems: 1, maxItems: 100_000, uniqueItems: true, items: text } },
};

/** Answer of the calls that look at a segment or make one. */
export const segmentAnswerSchema = {
  type: 'object',
  required: ['message', 'data'],
  properties: {
    message: text,
    data: {
      type: 'object',
      required: [
        ...['isEnabled', 'type', 'id', 'idType', 'description', 'creatorID', 'createdTime', 'creatorName'],
        ...['creatorEmail', 'lastModifierID', 'lastModifiedTime', 'lastModifierEmail', 'lastModifierName'],
      ],
      properties: {
        isEnabled: { type: 'boolean' },
        type: { enum: segmentTypes },
        count: { type: 'number' },
        id: text,
        name: text,
        idType: text,
        description: text,
        tags: { type: 'array', items: text },
        creatorID: textOrNull,
        creatorName: textOrNull,
        creatorEmail: textOrNull,
        createdTime: { type: 'number' },
        lastModifierID: textOrNull,
        lastModifiedTime: { type: ['number', 'null'] },
        lastModifierEmail: textOrNull,
        lastModifierName: textOrNull,
      },
    },
  },
};

/** An ID type (`UnitIdTypeContractDto`), which is also the body of the call that makes one. */
export const idTypeSchema = {
  type: 'object',
  required: ['name'],
  properties: { name: text, description: text },
};

/** Answer of the call that makes an ID type. */
export const idTypeAnswerSchema = {
  type: 'object',
  required: ['message', 'data'],
  properties: { message: text, data: idTypeSchema },
};

/** Answer of the call that lists ID types. */
export const idTypesAnswerSchema = {
  type: 'object',
  required: ['message', 'data', 'pagination'],
  properties: {
    message: text,
    data: { type: 'array', items: idTypeSchema },
    pagination: {
      type: 'object',
      required: ['itemsPerPage', 'pageNumber', 'nextPage', 'previousPage'],
      properties: {
        itemsPerPage: { type: 'number' },
        pageNumber: { type: 'number' },
        nextPage: textOrNull,
        previousPage: textOrNull,
        totalItems: { type: 'number' },
        all: text,
      },
    },
  },
};
