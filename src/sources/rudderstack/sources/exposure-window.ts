// Remembers what exposures said last, where there is no outbox to remember it.

import { createHash } from 'node:crypto';
import { type Share, Shares } from '../../../base/shares.js';
import type { EpochMs } from '../../../base/time.js';
import type { ExposureKey } from '../../../model/conversion.js';

/** About 120 MB when full: beyond it the workspace that has the most forgets its oldest before their window ends. */
const MAX_EXPOSURES = 1_000_000;

/** Remembered exposures whose window is over that each new one takes away. */
const SWEEP = 2;

/** An exposure as the window sees it. */
export interface SeenExposure extends ExposureKey {
  /** Whose share of what is remembered it takes. */
  readonly share: string;
  readonly eventId: string;
  /** Milliseconds until an equal one passes again. */
  readonly windowMs: number;
}

/** The windows of this process, which end with it; of all replicas, where they tell each other. */
export interface ExposureWindow {
  /**
   * True where the exposure says something else than the last one of its key, or long after it; and for the very event that said it, again: no one knows
   * whether an earlier answer arrived.
   */
  admits(exposure: SeenExposure): boolean;
}

/** What an exposure that passed said, without its key and values. */
export interface SaidExposure {
  /** Whose share of what is remembered it takes. */
  readonly share: string;
  /** Stands for its key. */
  readonly key: string;
  /** Stands for its value and its event. */
  readonly said: number;
  /** By the clock of this process. */
  readonly until: EpochMs;
}

/** Where replicas tell each other what passed. */
export interface ExposureExchange {
  /** @param learn is told what passed elsewhere @returns to be told what passes here */
  join(learn: (exposure: SaidExposure) => void): (exposure: SaidExposure) => void;
}

/** The last exposure of a key. */
interface Last {
  /** The value and the event in one number, which costs less memory than two texts. */
  readonly said: number;
  readonly until: EpochMs;
}

interface WorkspaceShare extends Share {
  /** By key, the oldest first. */
  readonly lasts: Map<string, Last>;
}

/** 16 bytes in as many characters, of a key of any length. */
function shorten(key: string): string {
  return createHash('sha256').update(key).digest().toString('latin1', 0, 16);
}

const EVENT_RANGE = 2 ** 20;

/** 32 bits of the value, so that no other result passes for it, and 20 of the event: of a million repeated exposures one may pass. */
function numberOf(value: string, eventId: string): number {
  const bitsOf = (text: string) => createHash('sha256').update(text).digest().readUInt32BE();
  return bitsOf(value) * EVENT_RANGE + (bitsOf(eventId) % EVENT_RANGE);
}

/**
 * @param max exposures remembered
 * @param exchange where there are several replicas
 */
export function createExposureWindow(
  now: () => EpochMs,
  max = MAX_EXPOSURES,
  exchange?: ExposureExchange,
): ExposureWindow {
  const shares = new Shares<WorkspaceShare>();

  function forget(share: WorkspaceShare, key: string): void {
    if (share.lasts.delete(key)) shares.change(share, -1);
  }

  function forgetExpired(share: WorkspaceShare, at: number): void {
    let looks = SWEEP;
    for (const [key, { until }] of share.lasts) {
      if (until > at || looks-- === 0) return;
      forget(share, key);
    }
  }

  function makeRoom(): void {
    if (shares.total < max) return;
    const largest = shares.findLargest(1);
    const [oldest] = largest?.lasts.keys() ?? [];
    if (largest !== undefined && oldest !== undefined) forget(largest, oldest);
  }

  function remember({ share: name, key, said, until }: SaidExposure, at: EpochMs): void {
    const known = shares.find(name);
    if (known !== undefined) {
      forget(known, key);
      forgetExpired(known, at);
    }
    makeRoom();
    const share = shares.find(name) ?? shares.add({ name, count: 0, lasts: new Map() });
    share.lasts.set(key, { said, until });
    shares.change(share, 1);
  }

  const tell = exchange?.join((exposure) => {
    const at = now();
    const last = shares.find(exposure.share)?.lasts.get(exposure.key);
    if (exposure.until > Math.max(at, last?.until ?? 0)) remember(exposure, at);
  });

  return {
    admits({ share: name, key, value, eventId, windowMs }) {
      const at = now();
      const shortKey = shorten(key);
      const said = numberOf(value, eventId);
      const known = shares.find(name);
      const last = known?.lasts.get(shortKey);
      if (last !== undefined && last.until > at) {
        if (last.said === said) return true;
        if (Math.floor(last.said / EVENT_RANGE) === Math.floor(said / EVENT_RANGE)) return false;
      }
      const exposure = { share: name, key: shortKey, said, until: at + windowMs };
      remember(exposure, at);
      tell?.(exposure);
      return true;
    },
  };
}
