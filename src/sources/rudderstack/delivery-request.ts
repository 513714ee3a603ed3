// Writes the delivery request: RudderStack's description of the HTTP call to Statsig, as JSON text.
//
// Text, not objects: each event is serialised exactly once, which also gives its size for the batch limit, and what is the same for all requests of
// a workspace is serialised once per workspace.

import { consoleApiUrl, consoleHeaders, idsPath } from '../../statsig/console-api.js';
import { logEventBody, logEventHeaders } from '../../statsig/log-event.js';
import type { CompiledIdList, CompiledWorkspace } from '../../transform/compiled-workspace.js';
import type { ListRequest } from './audience/list-entries.js';

/** The parts of a delivery request around its body. The body alone is filled: rudder-server sends the first non-empty one. */
function wrap(
  method: 'POST' | ListRequest['method'],
  endpoint: string,
  headers: Record<string, string>,
): readonly [string, string] {
  const before = { version: '1', type: 'REST', method, endpoint, headers, params: {} };
  return [
    `${JSON.stringify(before).slice(0, -1)},"body":{"JSON":`,
    ',"JSON_ARRAY":{},"XML":{},"FORM":{}},"files":{},"userId":""}',
  ];
}

function secretKeyOf(workspace: CompiledWorkspace): string {
  if (workspace.secretKey === undefined) throw new Error('a delivery request needs a secret key');
  return workspace.secretKey.reveal();
}

/** Text before and after the body, and how the body is made of the payloads. */
interface Writer {
  readonly wrapping: (events: number) => readonly [string, string];
  readonly body: (payloads: readonly string[]) => string;
}

function compileWriter(workspace: CompiledWorkspace): Writer {
  const key = secretKeyOf(workspace);
  if (workspace.mode === 'webhook') {
    const parts = wrap('POST', workspace.webhookEndpoint, {
      'STATSIG-API-KEY': key,
      'content-type': 'application/json',
    });
    return { wrapping: () => parts, body: (payloads) => payloads.join(',') };
  }
  let last = { events: 0, parts: ['', ''] as readonly [string, string] };
  return {
    wrapping: (events) => {
      // One request after the other is for one event, or for as many as rudder-server puts in its calls.
      if (events !== last.events)
        last = { events, parts: wrap('POST', workspace.eventsEndpoint, logEventHeaders(key, events)) };
      return last.parts;
    },
    body: logEventBody,
  };
}

const writers = new WeakMap<CompiledWorkspace, Writer>();

function writerOf(workspace: CompiledWorkspace): Writer {
  let writer = writers.get(workspace);
  if (writer === undefined) {
    writer = compileWriter(workspace);
    writers.set(workspace, writer);
  }
  return writer;
}

/**
 * JSON text of the delivery request for some payloads of one workspace: in mode `events` a log_event request with all of them, in mode `webhook` the
 * relay of exactly one message. Sources: rudder-server (which fields it sends), Statsig's OpenAPI and SDKs (body and headers).
 *
 * @param payloads JSON texts, at least one; exactly one in mode `webhook`
 */
export function deliveryRequestText(workspace: CompiledWorkspace, payloads: readonly string[]): string {
  const { wrapping, body } = writerOf(workspace);
  const [before, after] = wrapping(payloads.length);
  return before + body(payloads) + after;
}

/**
 * JSON text of the delivery request that changes an ID list (Statsig's OpenAPI of the Console API: `PATCH` and `DELETE` of `id_list`).
 *
 * @throws Error for a list without an id or a console key: no change of it is ever ready
 */
export function listRequestText(
  { listId, consoleKey, consoleUrl }: CompiledIdList,
  { method, ids }: ListRequest,
): string {
  if (listId === undefined || consoleKey === undefined) throw new Error('a change needs a list and a console key');
  const headers = consoleHeaders(consoleKey.reveal(), true);
  const [before, after] = wrap(method, consoleApiUrl(consoleUrl, idsPath(listId)), headers);
  return before + JSON.stringify({ ids }) + after;
}
