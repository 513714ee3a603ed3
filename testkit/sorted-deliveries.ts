// The deliveries of an outbox in memory, by lane and in order.

import type { LaneId } from '../src/outbox/lane-id.js';
import type { Delivery } from '../src/outbox/outbox.js';

/** Keys are unique, and sort as deliveries do. */
export class SortedDeliveries {
  readonly #lanes = new Map<LaneId, Delivery[]>();
  #bytes = 0;

  /** Of all payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where the key stands among those of a lane, or would stand. */
  #placeOf(deliveries: readonly Delivery[], key: string): number {
    let low = 0;
    let high = deliveries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((deliveries[middle]?.key ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  put(lane: LaneId, delivery: Delivery): void {
    const deliveries = this.#lanes.get(lane) ?? [];
    this.#lanes.set(lane, deliveries);
    deliveries.splice(this.#placeOf(deliveries, delivery.key), 0, delivery);
    this.#bytes += Buffer.byteLength(delivery.payload);
  }

  take(lane: LaneId, key: string): void {
    const deliveries = this.#lanes.get(lane) ?? [];
    const place = this.#placeOf(deliveries, key);
    const delivery = deliveries[place];
    if (delivery?.key !== key) return;
    deliveries.splice(place, 1);
    if (deliveries.length === 0) this.#lanes.delete(lane);
    this.#bytes -= Buffer.byteLength(delivery.payload);
  }

  /** Those of a lane, in order. */
  of(lane: LaneId): readonly Delivery[] {
    return this.#lanes.get(lane) ?? [];
  }

  /** Lanes that hold something. */
  lanes(): LaneId[] {
    return [...this.#lanes.keys()];
  }

  /** Lane by lane. */
  all(): Delivery[] {
    return [...this.#lanes.values()].flat();
  }
}
