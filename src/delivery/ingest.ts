// Takes the events a CDP pushes to us through the line and onto disk: convert, then the outbox.

import type { Filtered, Invalid } from '../model/conversion.js';
import { isJsonObject } from '../model/segment-event.js';
import { convertInbound } from '../transform/inbound/index.js';
import type { CompiledWorkspace } from '../workspace/compiled-workspace.js';
import { STATSIG_TARGET } from './outbox/lane-id.js';
import type { Outbox, OutboxEvent } from './outbox/outbox.js';

/** What became of one event on its way in. */
export type Ingested = { readonly kind: 'accepted' } | { readonly kind: 'duplicate' } | Filtered | Invalid;

/** Takes events in. */
export interface Ingest {
  /**
   * Converts the events and stores those that are to be sent. When it resolves, what it calls accepted is on disk.
   *
   * @param events as the sender wrote them
   * @returns one result per event, in order
   * @throws PluginError OUTBOX_FULL, OUTBOX_UNAVAILABLE: then nothing of the call is stored and the sender keeps all of it
   */
  accept(workspace: CompiledWorkspace, events: readonly unknown[]): Promise<readonly Ingested[]>;
}

/** @param now milliseconds since the epoch */
export function createIngest(outbox: Pick<Outbox, 'append'>, now: () => number = Date.now): Ingest {
  return {
    async accept(workspace, events) {
      const acceptedAt = now();
      const toStore: OutboxEvent[] = [];
      const results = events.map((event): Ingested | undefined => {
        if (!isJsonObject(event)) return { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
        const conversion = convertInbound(event, workspace);
        if (conversion.kind !== 'converted') return conversion;
        const messageId = typeof event.messageId === 'string' && event.messageId !== '' ? event.messageId : undefined;
        const payload = JSON.stringify(conversion.event);
        toStore.push({ workspaceId: workspace.id, target: STATSIG_TARGET, messageId, payload, acceptedAt });
        return undefined;
      });
      const stored = toStore.length === 0 ? [] : await outbox.append(toStore);
      let next = 0;
      return results.map((result) => result ?? { kind: stored[next++] === 'duplicate' ? 'duplicate' : 'accepted' });
    },
  };
}
