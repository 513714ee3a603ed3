// Makes audience jobs as rudder-server sends them, and plays the answered requests back on lists as Statsig keeps them.

import { element } from './rudderstack.js';

/** A request of an answer, as far as lists go. */
export interface ListRequest {
  readonly method: string;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly JSON: { readonly ids: readonly string[] } };
}

/** An entry of a router answer. */
export interface ListEntry {
  readonly batchedRequest?: ListRequest | readonly ListRequest[];
  readonly metadata: readonly { readonly jobId: number }[];
  readonly statusCode: number;
}

/** A destination whose list has this id. */
export function listDestination(listId: string, config: object = {}): object {
  return {
    ID: `dst-${listId}`,
    WorkspaceID: 'ws-1',
    hasDynamicConfig: false,
    Config: { consoleKey: 'console-example', idListId: listId, ...config },
  };
}

function job(jobId: number, destination: object, message: object, metadata: object = {}): object {
  return element(jobId, { message, metadata, destination });
}

/** A job of one row. */
export function recordJob(
  jobId: number,
  destination: object,
  action: 'insert' | 'update' | 'delete',
  id: string,
  metadata: object = {},
): object {
  return job(jobId, destination, { type: 'record', action, fields: { userId: id } }, metadata);
}

/** A job of many rows. */
export function audienceListJob(
  jobId: number,
  destination: object,
  add: readonly string[],
  remove: readonly string[],
  metadata: object = {},
): object {
  const rows = (ids: readonly string[]) => ids.map((userId) => ({ userId }));
  const listData = { add: rows(add), remove: rows(remove) };
  return job(jobId, destination, { type: 'audiencelist', properties: { listData } }, metadata);
}

/** The requests of an entry, in the order in which they are sent. */
export function requestsOf({ batchedRequest }: ListEntry): readonly ListRequest[] {
  if (batchedRequest === undefined) return [];
  return 'method' in batchedRequest ? [batchedRequest] : batchedRequest;
}

/** Job ids of the entries, in their order. */
export function jobIdsOf(entries: readonly ListEntry[]): readonly number[] {
  return entries.flatMap(({ metadata }) => metadata.map(({ jobId }) => jobId));
}

/** The entries in the order in which rudder-server sends them: by their lowest job ids. */
export function inSendingOrder(entries: readonly ListEntry[]): readonly ListEntry[] {
  const lowest = (entry: ListEntry) => Math.min(...jobIdsOf([entry]));
  return entries.toSorted((a, b) => lowest(a) - lowest(b));
}
