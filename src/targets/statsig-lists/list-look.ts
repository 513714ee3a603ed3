// Looks at a list before it is changed, and makes the one that is missing.

import type { EpochMs } from '../../base/time.js';
import { readSaid } from '../../call/said.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { ConsoleClient, ConsoleResponse } from './console-client.js';
import { lookCall, makeCall, type WantedList } from './request.js';
import { blameList, CONFLICT, isAccepted, NOT_FOUND, sentToConsole } from './verdict.js';

/** A list as Statsig has it. What it did not say, or said in too many words to be read, is left out. */
export interface SeenList {
  /** `id_list` or another type of segment. */
  readonly type?: string;
  readonly idType?: string;
  /** Ids on it. */
  readonly count?: number;
  /** When it was made. */
  readonly born?: EpochMs;
}

/** What a look shows. `stopped`: it came to nothing, and what to do about the changes. */
export type Look =
  | { readonly kind: 'seen'; readonly list: SeenList }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stopped'; readonly sent: Sent };

/** As much of the Console API as a look needs. */
type Caller = Pick<ConsoleClient, 'call'>;

function dataOf(answer: ConsoleResponse): JsonObject {
  const said = answer.kind === 'answered' ? readSaid(answer) : undefined;
  const value = said?.kind === 'json' ? said.value : undefined;
  return isJsonObject(value) && isJsonObject(value.data) ? value.data : {};
}

/** @param data a `SegmentDto` (Statsig's OpenAPI of the Console API) */
export function readList({ type, idType, count, createdTime }: JsonObject): SeenList {
  return {
    ...(typeof type === 'string' && { type }),
    ...(typeof idType === 'string' && { idType }),
    ...(typeof count === 'number' && { count }),
    ...(typeof createdTime === 'number' && { born: createdTime }),
  };
}

function stopped(sent: Sent): Extract<Look, { kind: 'stopped' }> {
  return { kind: 'stopped', sent: blameList(sent) };
}

/** Looks at a list. */
export async function lookAtList(consoleClient: Caller, listId: string, signal?: AbortSignal): Promise<Look> {
  const call = lookCall(listId);
  const answer = await consoleClient.call(call, signal);
  if (answer.kind === 'answered' && answer.status === NOT_FOUND) return { kind: 'missing' };
  const sent = sentToConsole(answer, call, 1);
  return isAccepted(sent) ? { kind: 'seen', list: readList(dataOf(answer)) } : stopped(sent);
}

/** Makes a list. One that somebody else has made in the meantime is as good. */
export async function makeList(
  consoleClient: Caller,
  wanted: WantedList,
  signal?: AbortSignal,
): Promise<Exclude<Look, { kind: 'missing' }>> {
  const { listId, idType } = wanted;
  const call = makeCall(wanted);
  const answer = await consoleClient.call(call, signal);
  const sent = sentToConsole(answer, call, 1);
  if (isAccepted(sent))
    return { kind: 'seen', list: { type: 'id_list', idType, count: 0, ...readList(dataOf(answer)) } };
  if (answer.kind === 'answered' && (answer.status === 400 || answer.status === CONFLICT)) {
    const again = await lookAtList(consoleClient, listId, signal);
    if (again.kind !== 'missing') return again;
  }
  return stopped(sent);
}

/** That a list is not there, and what to do. */
export function whyMissing({ listId, idType }: WantedList): string {
  return `The ID list ${listId} does not exist in Statsig. Make it there, as a segment of type ID list with the id type ${idType}, or set \`audiences.createMissing\`.`;
}

/** Why a segment cannot take the changes, and what to do; `undefined` when it can. */
export function whyUnfit({ listId, idType }: WantedList, list: SeenList): string | undefined {
  if (list.type !== undefined && list.type !== 'id_list')
    return `The segment ${listId} is of type ${list.type}, not an ID list. Give the audience another list in \`audiences.lists\`.`;
  if (list.idType !== undefined && list.idType !== idType)
    return `The ID list ${listId} holds ids of type ${list.idType}, the audience's are of type ${idType}. Set the list's \`idType\` in \`audiences.lists\`, and name its field in \`audiences.units\`.`;
  return undefined;
}
