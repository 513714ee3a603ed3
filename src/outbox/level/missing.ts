// Says what the notes of how far the outbox was synced show to be gone.

import type { Noted } from '../../level/high-water.js';
import type { Found } from '../../level/open-database.js';

/** What is known before and after the database was read. */
export interface Read {
  readonly found: Found;
  readonly noted: Noted;
  /** The highest sequence number on disk. */
  readonly sequence: number;
  /** The database was written by a version that always notes. */
  readonly isCounted: boolean;
}

/** @returns sentences for people; none where the database is as new as the notes say */
export function describeMissing({ found, noted, sequence, isCounted }: Read): string[] {
  const { synced, state } = noted;
  const said: string[] = [];
  const events = (synced?.sequence ?? 0) - sequence;
  const files = found.isNew && (synced?.operations ?? 0) > 0 ? 'all files of the outbox' : undefined;
  if (events > 0) {
    const newest = `the newest ${events} events that were accepted are gone from the disk`;
    said.push(files === undefined ? newest : `${newest}, with ${files}`);
  } else if (files !== undefined) said.push(`${files} are gone from the disk`);
  else if (found.missing > 0) {
    said.push(
      'the newest writes are gone from the disk: what was delivered, given up, redelivered or deleted last is as it was before',
    );
  }
  if (state === 'damaged')
    said.push('the file synced was damaged: whether the newest events are all there is not known');
  if (state === 'missing' && isCounted)
    said.push('the file synced is gone: whether the newest events are all there is not known');
  return said;
}
