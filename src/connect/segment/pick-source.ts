// Finds the source that a person means.

import { ConnectError } from '../connection.js';
import type { SegmentSource } from './resources.js';

/** As many as are listed in a message. */
const MOST_LISTED = 20;

/** Names of sources are what people wrote: as much of one as tells it from others. */
const MAX_NAME = 80;

/** A name within a sentence. */
export function shortName(name: string): string {
  // A line break in it would make lines that look like ours.
  const line = name.replace(/\s+/g, ' ');
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME)}…` : line;
}

/** A source as people know it: its name and slug. */
export function describeSource({ name, slug }: Pick<SegmentSource, 'name' | 'slug'>): string {
  const cut = shortName(name);
  return cut === slug ? cut : `${cut} (${slug})`;
}

function listed(sources: readonly SegmentSource[]): string {
  const more = sources.length > MOST_LISTED ? `, and ${sources.length - MOST_LISTED} more` : '';
  return sources.slice(0, MOST_LISTED).map(describeSource).join(', ') + more;
}

/** @param wanted id, slug or name @throws ConnectError where none is meant, or several are */
export function pickSource(sources: readonly SegmentSource[], wanted: string | undefined): SegmentSource {
  if (sources.length === 0)
    throw new ConnectError(
      'not-found',
      'The workspace has no source. Make one in Segment, for what sends events to it.',
    );
  if (wanted === undefined)
    throw new ConnectError('not-found', `Say which source is connected (--source): ${listed(sources)}.`);
  const exact = sources.filter(({ id, slug }) => id === wanted || slug === wanted);
  const found = exact.length > 0 ? exact : sources.filter(({ name }) => name === wanted);
  const [source] = found;
  if (source === undefined)
    throw new ConnectError('not-found', `The workspace has no source ${wanted}. It has: ${listed(sources)}.`);
  if (found.length > 1)
    throw new ConnectError(
      'ambiguous',
      `Several sources are called ${wanted}. Name one by its slug: ${listed(found)}.`,
    );
  return source;
}
