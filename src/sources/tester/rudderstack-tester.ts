// Tries bodies that rudder-server sends to be transformed, their elements, and bare messages.

import { describeError } from '../../base/errors.js';
import type { RudderstackSender } from '../../ingest/inbound-line.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { type Batch, unpackProcessorBody, unpackRouterBody } from '../rudderstack/batch.js';
import { createDestinationResolver } from '../rudderstack/resolve-destination.js';
import { ElementTransformer, PROCESSOR, ROUTER } from '../rudderstack/transform-element.js';
import { NO_KEY } from './shown-request.js';
import type { Tester, TesterDeps } from './source-tester.js';
import { tried } from './tried.js';

/** The destination that a bare message is given. */
const BARE_DESTINATION = 'statsig-cdp transform';

/** Destinations of a file, as far as they are compiled once. */
const CACHE_SIZE = 1_000;

/** A body, unpacked as its route does. */
interface Unpacked {
  readonly batch: Batch;
  readonly sender: RudderstackSender;
}

function isElement(value: unknown): boolean {
  return !isJsonObject(value) || ['message', 'metadata', 'destination'].some((field) => Object.hasOwn(value, field));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Tries messages of rudder-server, as its transform would convert them. Nothing is sent. */
export function createRudderstackTester({ store, chosen, isNamed, show, now, note }: TesterDeps): Tester {
  /** A destination that no document claims has its Config alone, unless the caller has named a workspace. */
  const find: typeof store.find = (keys) => {
    if (keys.destinationId === BARE_DESTINATION) return chosen();
    const found = store.find(keys);
    if (found === undefined && isNamed) return chosen();
    if (found === undefined)
      note(`No settings document names the destination ${keys.destinationId ?? ''}: its Config alone applies.`);
    return found;
  };
  const resolver = createDestinationResolver({ ...store, find }, CACHE_SIZE);

  /** With a key where the workspace has none: a message alone says nothing of its destination. */
  function toElement(message: unknown): JsonObject {
    const Config = chosen().secretKey === undefined ? { secretKey: NO_KEY } : {};
    return { message, metadata: { jobId: 1 }, destination: { ID: BARE_DESTINATION, Config, hasDynamicConfig: false } };
  }

  function unpack(body: unknown): Unpacked {
    if (Array.isArray(body) && body.every(isElement))
      return { batch: unpackProcessorBody(body, false), sender: PROCESSOR };
    if (isJsonObject(body) && Array.isArray(body.input)) {
      const compacted = isJsonObject(body.destinations);
      return body.destType === undefined
        ? { batch: unpackProcessorBody(body, compacted), sender: PROCESSOR }
        : { batch: unpackRouterBody(body, compacted), sender: ROUTER };
    }
    const values = Array.isArray(body) ? body : [body];
    return { batch: values.map((value) => ({ value: isElement(value) ? value : toElement(value) })), sender: ROUTER };
  }

  return {
    *tryBody(body) {
      const { batch, sender } = unpack(body);
      const transformer = new ElementTransformer(resolver, sender, now());
      for (const element of batch) {
        const { destination, result } = transformer.transform(element);
        const ids = { destinationId: textOf(destination?.ID), workspaceId: textOf(destination?.WorkspaceID) };
        const workspaceId = result.kind === 'ready' ? result.workspace.id : (find(ids)?.id ?? ids.destinationId);
        yield tried({
          workspaceId,
          decide: (trace) => (trace === undefined ? result : transformer.transform(element, trace).result),
          word: ({ code, path, detail }) => ({ code, message: describeError(code, path, detail) }),
          show,
        });
      }
    },
  };
}
