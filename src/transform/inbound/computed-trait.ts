// Recognises what Segment's Engage tells of a trait that it has computed: nothing that a person did.

import { fieldOf, ownField, type SegmentEvent } from '../../model/segment-event.js';

/** The name that Engage gives such track calls unless it was told another (Segment's documentation, "Using Engage Data"). */
const TRAIT_COMPUTED = 'Trait Computed';

/** What shows that an event tells of a computed trait, or `undefined`: its context, else, where a mapping has left that out, its name and the key of the trait. */
export function findComputedTrait({ event, context, properties }: SegmentEvent): string | undefined {
  if (fieldOf(fieldOf(context, 'personas'), 'computation_class') === 'trait')
    return 'context.personas.computation_class is trait';
  return event === TRAIT_COMPUTED && typeof ownField(properties, 'trait_key') === 'string'
    ? 'properties.trait_key names a computed trait'
    : undefined;
}
