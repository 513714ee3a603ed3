// The segments of Statsig's Console API as the stand-in keeps them, and what its calls do to them.

import { createSegmentSchema, idsSchema, segmentAnswerSchema } from './console-schemas.js';
import { createSchemaCheck } from './schema-check.js';

/** A segment. */
export interface StandInList {
  readonly type: string;
  readonly idType: string;
  readonly createdTime: number;
  readonly ids: Set<string>;
  readonly description: string;
}

/** An answer. */
export interface ConsoleReply {
  readonly status: number;
  readonly body: string;
}

/** A call as it came. */
export interface ConsoleCallIn {
  readonly method: string;
  /** Of the path; absent when a segment is made. */
  readonly listId: string | undefined;
  readonly body: unknown;
}

interface CreateBody {
  readonly name: string;
  readonly id?: string;
  readonly type: string;
  readonly idType?: string;
  readonly description?: string;
}

interface IdsBody {
  readonly ids: readonly string[];
}

const checkCreate = createSchemaCheck(createSegmentSchema, 'the body');
const checkIds = createSchemaCheck(idsSchema, 'the body');
const checkAnswer = createSchemaCheck(segmentAnswerSchema, 'the answer of the stand-in');

const isCreateBody = (body: unknown): body is CreateBody => checkCreate(body).length === 0;
const isIdsBody = (body: unknown): body is IdsBody => checkIds(body).length === 0;

function reply(status: number, message: string, data?: object): ConsoleReply {
  return { status, body: JSON.stringify(status < 300 ? { message, ...(data && { data }) } : { status, message }) };
}

function showSegment(id: string, message: string, status: number, list: StandInList): ConsoleReply {
  const shown = reply(status, message, {
    id,
    name: id,
    type: list.type,
    idType: list.idType,
    description: list.description,
    isEnabled: true,
    count: list.ids.size,
    tags: [],
    creatorID: null,
    creatorName: 'CONSOLE API',
    creatorEmail: null,
    createdTime: list.createdTime,
    lastModifierID: null,
    lastModifiedTime: null,
    lastModifierEmail: null,
    lastModifierName: 'CONSOLE API',
  });
  const [problem] = checkAnswer(JSON.parse(shown.body));
  if (problem !== undefined) throw new Error(problem);
  return shown;
}

/** The ids of a call that adds or removes some. */
export function idsOfBody(body: unknown): readonly string[] {
  return isIdsBody(body) ? body.ids : [];
}

/** What the published schema says against the body of a call. */
export function consoleProblems({ method, listId, body }: ConsoleCallIn): readonly string[] {
  if (method === 'GET') return [];
  return listId === undefined ? checkCreate(body) : checkIds(body);
}

/** @param now milliseconds since the epoch */
export function createStandInLists(now: () => number) {
  const lists = new Map<string, StandInList>();
  let born = 0;

  function make(id: string, parts: Partial<StandInList> = {}): StandInList {
    born += 1;
    const list = {
      type: 'id_list',
      idType: 'userID',
      createdTime: now() + born,
      ids: new Set<string>(),
      description: '',
      ...parts,
    };
    lists.set(id, list);
    return list;
  }

  function listAll(): ConsoleReply {
    const data = [...lists].map(([id, { type, idType, ids }]) => ({ id, name: id, type, idType, count: ids.size }));
    return reply(200, 'Segments listed successfully.', data);
  }

  function create(body: unknown): ConsoleReply {
    if (!isCreateBody(body)) return reply(400, checkCreate(body).join('; '));
    const { name, id = name, type, idType = 'userID', description = '' } = body;
    if (lists.has(id)) return reply(400, `Segment ${id} already exists`);
    return showSegment(id, 'Segment created successfully.', 201, make(id, { type, idType, description }));
  }

  function change(list: StandInList, isAdding: boolean, body: unknown): ConsoleReply {
    if (list.type !== 'id_list') return reply(400, "Segment must be of type 'id_list' to be modified on this endpoint");
    if (!isIdsBody(body)) return reply(400, 'Invalid request. Please check the request input and try again.');
    for (const id of body.ids) {
      if (isAdding) list.ids.add(id);
      else list.ids.delete(id);
    }
    return reply(200, isAdding ? 'IDs successfully added' : 'IDs successfully removed');
  }

  return {
    lists,
    make,
    /** Does what a call asks for; `undefined` for a call that the OpenAPI does not know. */
    answer({ method, listId, body }: ConsoleCallIn): ConsoleReply | undefined {
      if (listId === undefined && method === 'GET') return listAll();
      if (listId === undefined) return method === 'POST' ? create(body) : undefined;
      const list = lists.get(listId);
      if (list === undefined) return reply(404, 'Not Found. The requested resource could not be found.');
      if (method === 'GET') return showSegment(listId, 'Segment read successfully.', 200, list);
      return method === 'PATCH' || method === 'DELETE' ? change(list, method === 'PATCH', body) : undefined;
    },
  };
}
