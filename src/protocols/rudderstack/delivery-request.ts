// Writes the delivery request: RudderStack's description of the HTTP call to Statsig, as JSON text.
//
// Text, not objects: each event is serialised exactly once, which also gives its size for the batch limit, and what is the same for all requests of
// a workspace is serialised once per workspace.

import { SDK_TYPE, VERSION } from '../../version.js';
import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';

const STATSIG_METADATA = JSON.stringify({ sdkType: SDK_TYPE, sdkVersion: VERSION });

/** The parts of a delivery request around its body. The body alone is filled: rudder-server sends the first non-empty one. */
function wrap(endpoint: string, headers: Record<string, string>): readonly [string, string] {
  const before = { version: '1', type: 'REST', method: 'POST', endpoint, headers, params: {} };
  return [
    `${JSON.stringify(before).slice(0, -1)},"body":{"JSON":`,
    ',"JSON_ARRAY":{},"XML":{},"FORM":{}},"files":{},"userId":""}',
  ];
}

function secretKeyOf(workspace: CompiledWorkspace): string {
  if (workspace.secretKey === undefined) throw new Error('a delivery request needs a secret key');
  return workspace.secretKey.reveal();
}

type Wrapper = (events: number) => readonly [string, string];

function compileWrapper(workspace: CompiledWorkspace): Wrapper {
  const key = secretKeyOf(workspace);
  if (workspace.mode === 'webhook') {
    const parts = wrap(workspace.webhookEndpoint, { 'STATSIG-API-KEY': key, 'content-type': 'application/json' });
    return () => parts;
  }
  return (events) => {
    const [before, after] = wrap(workspace.eventsEndpoint, {
      'STATSIG-API-KEY': key,
      'content-type': 'application/json',
      'statsig-event-count': String(events),
      'statsig-sdk-type': SDK_TYPE,
      'statsig-sdk-version': VERSION,
    });
    return [`${before}{"events":[`, `],"statsigMetadata":${STATSIG_METADATA}}${after}`];
  };
}

const wrappers = new WeakMap<CompiledWorkspace, Wrapper>();

function wrapperOf(workspace: CompiledWorkspace): Wrapper {
  let wrapper = wrappers.get(workspace);
  if (wrapper === undefined) {
    wrapper = compileWrapper(workspace);
    wrappers.set(workspace, wrapper);
  }
  return wrapper;
}

/**
 * JSON text of the delivery request for some payloads of one workspace: in mode `events` a log_event request with all of them, in mode `webhook` the
 * relay of exactly one message. Sources: rudder-server (which fields it sends), Statsig's OpenAPI and SDKs (body and headers).
 *
 * @param payloads JSON texts, at least one; exactly one in mode `webhook`
 */
export function deliveryRequestText(workspace: CompiledWorkspace, payloads: readonly string[]): string {
  const [before, after] = wrapperOf(workspace)(payloads.length);
  return before + payloads.join(',') + after;
}
