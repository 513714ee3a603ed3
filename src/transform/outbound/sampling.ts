// Decides which units' exposures are sent, always the same.

import { hash } from 'node:crypto';

const RANGE = 2 ** 32;
const FOUR_BYTES_HEX = 8;

/**
 * True for a share `rate` of all units. A unit that is in stays in when the rate rises.
 *
 * @param rate from 0, none, to 1, all
 */
export function isSampled(unit: string, rate: number): boolean {
  if (rate >= 1) return true;
  if (rate <= 0) return false;
  return Number.parseInt(hash('sha256', unit, 'hex').slice(0, FOUR_BYTES_HEX), 16) / RANGE < rate;
}
