// What an event becomes before it is put into requests, with the origin of each of its fields.

import { parseJson } from '../../base/json.js';
import type { FieldPath, Origin, Trace } from '../../base/trace.js';
import type { InboundDecision } from '../../ingest/inbound-line.js';
import { addressCall, type OutboundDecision, targetsOf } from '../../ingest/outbound-line.js';

/** Where a field comes from. */
export interface FieldOrigin {
  /** JSON Pointers (RFC 6901) of the fields of the event that it is made of. None where a setting, a constant or a clock decided it. */
  readonly from: readonly string[];
  /** The rule, the setting or the field behind it. */
  readonly why: string;
}

/** One thing that an event becomes. */
export interface Output {
  readonly name: string;
  readonly body: unknown;
  /** By the JSON Pointer of each field of `body` that holds no others. */
  readonly origins: Readonly<Record<string, FieldOrigin>>;
}

type Ready = Extract<InboundDecision | OutboundDecision, { readonly kind: 'ready' }>;

/** A JSON Pointer. */
function toPointer(path: FieldPath): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What is nested deeper counts as one field: programs nest so, and people do not. */
const MAX_DEPTH = 100;

/** The fields that hold no others. */
function* leavesOf(value: unknown, path: FieldPath = []): Iterable<FieldPath> {
  if (typeof value !== 'object' || value === null || path.length >= MAX_DEPTH) yield path;
  else for (const [key, field] of Object.entries(value)) yield* leavesOf(field, [...path, key]);
}

/** Origins by the JSON Pointer of their field; of several about one field the last counts. */
function indexOrigins(origins: readonly Origin[], name: string): ReadonlyMap<string, Origin> {
  const told = origins.filter(({ output }) => output === undefined || output === name);
  return new Map(told.map((origin) => [toPointer(origin.to), origin]));
}

/** The origin that is told of a field, or of the nearest object around it, whose fields keep their names. */
function originOf(path: FieldPath, origins: ReadonlyMap<string, Origin>): FieldOrigin | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = origins.get(toPointer(path.slice(0, length)));
    if (found === undefined) continue;
    const below = path.slice(length);
    return { from: found.from.map((from) => toPointer([...from, ...below])), why: found.why };
  }
  return undefined;
}

/** @param pathOf what the trace calls a field of the body */
function output(name: string, body: unknown, trace: Trace, pathOf = (path: FieldPath) => path): Output {
  const origins: Record<string, FieldOrigin> = {};
  const told = indexOrigins(trace.origins, name);
  for (const path of leavesOf(body)) {
    const origin = originOf(pathOf(path), told);
    if (origin !== undefined) origins[toPointer(path)] = origin;
  }
  return { name, body, origins };
}

/** The changes of a list. The trace knows the ids, and the setting their list. */
function outputOfList({ workspace, changes }: Extract<Ready, { readonly about: 'list' }>, trace: Trace): Output {
  const idsOf = (isMember: boolean) => [...changes].flatMap(([id, member]) => (member === isMember ? [id] : []));
  const body = { listId: workspace.idList.listId, add: idsOf(true), remove: idsOf(false) };
  trace.origin(['listId'], 'idListId');
  const pathOf = ([field = '', index]: FieldPath): FieldPath =>
    index === undefined ? [field] : [(field === 'add' ? body.add : body.remove)[Number(index)] ?? ''];
  return output('changes of the ID list', body, trace, pathOf);
}

/**
 * What an event becomes. Of several targets the first is shown: the others differ in the `messageId`.
 *
 * @param trace of the same decision
 */
export function outputsOf(ready: Ready, trace: Trace): readonly Output[] {
  if ('calls' in ready) {
    const [target = ''] = targetsOf(ready.outbound);
    return ready.calls.map((call) => output(call.format, parseJson(addressCall(ready, call, target).payload), trace));
  }
  switch (ready.about) {
    case 'event':
      return [output('event', parseJson(ready.payload), trace)];
    case 'list':
      return [outputOfList(ready, trace)];
    case 'membership':
      return [output('change of an ID list', ready.change, trace)];
    case 'deletion':
      return [output('deletion', { userId: ready.userId }, trace)];
  }
}
