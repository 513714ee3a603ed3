// The torture's stand-in for Segment or a RudderStack data plane.

import { isJsonObject } from '../../src/model/segment-event.js';
import { readTrackBatch, type TrackEvent } from '../../testkit/track-batch-rules.js';
import { RUN_HEADER } from './mark-run.js';
import { SEGMENT_WEIGHTS } from './torture-deeds.js';
import { deliveryId, MAX_CDP_REQUEST_BYTES } from './torture-outbound-events.js';
import type { TortureRules } from './torture-stand-in.js';

/** A target of a workspace. */
export interface TortureTarget {
  readonly workspace: string;
  readonly name: string;
}

const BATCH_PATH = '/v1/batch';

/** Tells whether each event has one messageId for ever, and no two events share one: Segment knows a repetition by it. */
export class MessageIds {
  readonly #byDelivery = new Map<string, string>();
  readonly #byMessageId = new Map<string, string>();
  /** Those that were not so, for people. */
  readonly faults: string[] = [];

  note(delivery: string, messageId: string): void {
    const before = this.#byDelivery.get(delivery);
    const other = this.#byMessageId.get(messageId);
    if (before !== undefined && before !== messageId)
      this.faults.push(`${delivery} had the messageId ${before} and now has ${messageId}`);
    if (other !== undefined && other !== delivery) this.faults.push(`${delivery} has the messageId of ${other}`);
    this.#byDelivery.set(delivery, messageId);
    this.#byMessageId.set(messageId, delivery);
  }
}

function marksOf({ properties }: TrackEvent) {
  const { metadata } = properties;
  if (!isJsonObject(metadata) || typeof metadata.id !== 'string') throw new Error('an event that was not pushed');
  return { id: metadata.id, lane: metadata.lane, poisonAt: metadata.poisonAt };
}

/** @param targets by their write keys @param messageIds of all stand-ins */
export function segmentRules(targets: ReadonlyMap<string, TortureTarget>, messageIds: MessageIds): TortureRules {
  return {
    weights: SEGMENT_WEIGHTS,
    maxRequestBytes: MAX_CDP_REQUEST_BYTES,
    read(text, headers, path) {
      if (path !== BATCH_PATH) throw new Error(`a request to ${path}`);
      const { writeKey, batch } = readTrackBatch(text, headers);
      const target = targets.get(writeKey);
      if (target === undefined) throw new Error('a request with an unknown key');
      const ids: string[] = [];
      let hasPoison = false;
      for (const event of batch) {
        const { id, lane, poisonAt } = marksOf(event);
        if (lane !== target.workspace) throw new Error(`${target.workspace} sends ${id} of ${lane}`);
        ids.push(deliveryId(id, target.name));
        messageIds.note(deliveryId(id, target.name), event.messageId);
        hasPoison ||= Array.isArray(poisonAt) && poisonAt.includes(target.name);
      }
      return { lane: `${target.workspace}/${target.name}`, session: String(headers[RUN_HEADER]), ids, hasPoison };
    },
  };
}
