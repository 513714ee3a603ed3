// Statsig's deletion of user data as the stand-in does it: what a request must be, and each `request_id` once.

import { isJsonObject } from '../../model/segment-event.js';
import { createSchemaCheck } from './schema-check.js';
import type { OwnAnswer } from './stand-in.js';

/** Where a deletion is asked for. */
export const DELETE_PATH = '/v1/delete_user_data';
/** Where it is asked how far one is. */
export const STATUS_PATH = '/v1/get_delete_user_data_request_status';

const text = { type: 'string', minLength: 1 };

/** Statsig's documentation, user data deletion: only `user_id` is a unit type. */
const checkDeletion = createSchemaCheck(
  {
    type: 'object',
    required: ['unit_type', 'ids'],
    properties: { unit_type: { const: 'user_id' }, ids: text, delimiter: text, request_id: text },
    additionalProperties: false,
  },
  'the body',
);

const checkQuestion = createSchemaCheck(
  { type: 'object', required: ['request_id'], properties: { request_id: text }, additionalProperties: false },
  'the body',
);

/** A deletion that was asked for. */
export interface DeletionAsked {
  readonly userIds: readonly string[];
  readonly requestId: string;
}

/** What is wrong with the body of a request to one of the two paths. */
export function deletionProblems(path: string, body: unknown): readonly string[] {
  return (path === DELETE_PATH ? checkDeletion : checkQuestion)(body);
}

/** The deletion that a body asks for, if it keeps the rules. */
export function readDeletion(body: unknown): DeletionAsked | undefined {
  if (!isJsonObject(body) || checkDeletion(body).length > 0) return undefined;
  return {
    userIds: String(body.ids).split(String(body.delimiter ?? ',')),
    requestId: String(body.request_id ?? ''),
  };
}

/** Those that were taken. */
export function createStandInDeletions() {
  const taken = new Map<string, DeletionAsked>();
  return {
    taken,
    /** Takes a deletion. An id that came before is 400, one that is missing is made up. */
    take(body: unknown): OwnAnswer {
      const asked = readDeletion(body);
      if (asked === undefined) return { status: 400, body: { error: 'Invalid request' } };
      const requestId = asked.requestId === '' ? `request-${taken.size + 1}` : asked.requestId;
      if (taken.has(requestId)) return { status: 400, body: { error: 'request_id has already been used' } };
      taken.set(requestId, { ...asked, requestId });
      return { status: 200, body: { request_id: requestId } };
    },
    /** Says how far a deletion is: it stays at its beginning. */
    status(body: unknown): OwnAnswer {
      const isKnown = isJsonObject(body) && taken.has(String(body.request_id));
      return { status: 200, body: { status: isKnown ? 'PENDING' : 'UNKNOWN' } };
    },
  };
}
