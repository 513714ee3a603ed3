// Reads the times of `--since` and `--until`.

import { InvalidArgumentError } from 'commander';
import type { EpochMs } from '../base/time.js';
import { readTime } from '../transform/time.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d{1,6})([smhd])$/;

/** A moment as people write it: so long ago (`90s`, `30m`, `2h`, `7d`), a day, or a time. @throws InvalidArgumentError */
export function readMoment(text: string): EpochMs {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  if (count !== undefined) return Date.now() - Number(count) * (UNIT_MS[unit] ?? 0);
  const time = readTime(text);
  if (time === undefined)
    throw new InvalidArgumentError('It is no time: write 2h (ago), 2026-01-02 or 2026-01-02T03:04:05Z.');
  return time;
}
