// track: somebody did something.

import { toNonBlankText } from '../scalars.js';
import type { InboundRules } from './inbound-rules.js';

export const track: InboundRules = {
  type: 'track',
  namePlaces: [['event']],
  findName: (event) => toNonBlankText(event.event),
  nameRequired: true,
  filterName: (name) => name ?? '',
  collectMetadata: (event, metadata) => metadata.addAll('properties', event.properties),
};
