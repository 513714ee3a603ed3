// Keeps what waits within its bounds, in all and for each workspace, without asking the database for each call.
//
// What all replicas hold is known as of a moment ago; what this one has stored since is added. So the bound is soft: with several replicas it may be passed by what the
// others store between two looks.

import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { describeFull, describeShares, isWithinShare, SHARE_LOGGED, shareDetail } from '../room-share.js';

/** Bytes, by workspace. */
export type BytesOf = ReadonlyMap<string, number>;

/** Bytes by workspace that can be added to. */
class Sums {
  readonly #of = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(workspaceId: string): number {
    return this.#of.get(workspaceId) ?? 0;
  }

  add(bytes: BytesOf, sign: 1 | -1 = 1): void {
    for (const [workspaceId, each] of bytes) {
      const sum = this.of(workspaceId) + sign * each;
      this.#total += sign * each;
      if (sum === 0) this.#of.delete(workspaceId);
      else this.#of.set(workspaceId, sum);
    }
  }

  get entries(): BytesOf {
    return this.#of;
  }
}

const sumOf = (bytes: BytesOf) => [...bytes.values()].reduce((all, each) => all + each, 0);

/** Bounds. */
export interface RoomSettings {
  /** Of all that waits. */
  readonly maxBytes: number;
  /** Whether more than one workspace has settings: then none may fill it for all. */
  readonly isShared: () => boolean;
  readonly log: Logger;
}

/** What waits, as far as this replica knows. */
export class Room {
  readonly #settings: RoomSettings;
  /** As of the last look. */
  #seen = new Sums();
  /** Stored by this replica since that look began, and before the one that is under way. */
  #since = new Sums();
  #sinceLook: Sums | undefined;
  readonly #underWay = new Sums();
  /** Of the last call that was refused because all was full; 0 when none was. */
  #refusedBytes = 0;
  /** The same of workspaces that had their share. */
  readonly #overShare = new Map<string, number>();

  constructor(settings: RoomSettings) {
    this.#settings = settings;
  }

  /** Bytes that wait, in all. */
  get bytes(): number {
    return this.#sum((sums) => sums.total);
  }

  /** Whether `take` would take it. */
  has(bytes: BytesOf): boolean {
    return this.#fits(sumOf(bytes)) && [...bytes].every(([workspaceId, more]) => this.#hasShare(workspaceId, more));
  }

  /**
   * Takes room for a call, until `ended`.
   *
   * @throws PluginError OUTBOX_FULL
   */
  take(bytes: BytesOf): void {
    const { maxBytes, log } = this.#settings;
    const sum = sumOf(bytes);
    if (!this.#fits(sum)) {
      this.#refusedBytes = sum;
      throw new PluginError('OUTBOX_FULL');
    }
    for (const [workspaceId, more] of bytes) {
      if (this.#hasShare(workspaceId, more)) continue;
      if (!this.#overShare.has(workspaceId)) log.warn({ workspaceId, maxBytes }, SHARE_LOGGED);
      this.#overShare.set(workspaceId, more);
      throw new PluginError('OUTBOX_FULL', shareDetail(workspaceId));
    }
    this.#underWay.add(bytes);
  }

  /** @param taken as it was taken @param stored what is stored of it; all of it where no one knows */
  ended(taken: BytesOf, stored: BytesOf): void {
    this.#underWay.add(taken, -1);
    (this.#sinceLook ?? this.#since).add(stored);
  }

  /**
   * What is stored from now on may not be in what is about to be seen.
   *
   * @returns to be called with what all replicas hold; with `undefined` when that could not be seen
   */
  look(): (held: BytesOf | undefined) => void {
    const sinceLook = new Sums();
    sinceLook.add(this.#sinceLook?.entries ?? new Map());
    this.#sinceLook = sinceLook;
    return (held) => {
      if (this.#sinceLook !== sinceLook) return;
      this.#sinceLook = undefined;
      if (held === undefined) {
        this.#since.add(sinceLook.entries);
        return;
      }
      this.#since = sinceLook;
      this.#seen = new Sums();
      this.#seen.add(held);
    };
  }

  /** Why nothing is taken: all is full, as long as what was refused last would be refused again. */
  get problem(): string | undefined {
    const { maxBytes } = this.#settings;
    const { bytes } = this;
    const needed = bytes + Math.min(this.#refusedBytes, maxBytes);
    const isFull = bytes > 0 && (bytes >= maxBytes || (this.#refusedBytes > 0 && needed > maxBytes));
    return isFull ? describeFull(bytes, maxBytes) : undefined;
  }

  /** Which workspaces have their share. */
  get remark(): string | undefined {
    for (const [workspaceId, bytes] of this.#overShare)
      if (this.#hasShare(workspaceId, bytes)) this.#overShare.delete(workspaceId);
    return describeShares([...this.#overShare.keys()]);
  }

  #fits(more: number): boolean {
    return more === 0 || this.bytes + more <= this.#settings.maxBytes;
  }

  #hasShare(workspaceId: string, more: number): boolean {
    const { maxBytes, isShared } = this.#settings;
    if (!isShared()) return true;
    return isWithinShare(this.#sum((sums) => sums.of(workspaceId)) + more, maxBytes - this.bytes - more, maxBytes);
  }

  #sum(of: (sums: Sums) => number): number {
    return (
      of(this.#seen) + of(this.#since) + of(this.#underWay) + (this.#sinceLook === undefined ? 0 : of(this.#sinceLook))
    );
  }
}
