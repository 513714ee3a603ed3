// Names of deliveries and dead letters, which only this outbox reads.

/** Where a delivery is. */
export interface Place {
  readonly lane: number;
  readonly seq: number;
  /** In its row, the first at 0. */
  readonly position: number;
}

/** The key of what waits. Later ones of a lane are greater. */
export function deliveryKey({ lane, seq, position }: Place): string {
  return `w:${lane}:${String(seq).padStart(16, '0')}:${String(position).padStart(5, '0')}`;
}

/** @returns `undefined` for what is no such key */
export function parseDeliveryKey(key: string): Place | undefined {
  const found = /^w:(\d+):(\d+):(\d+)$/.exec(key);
  return found === null ? undefined : { lane: Number(found[1]), seq: Number(found[2]), position: Number(found[3]) };
}
