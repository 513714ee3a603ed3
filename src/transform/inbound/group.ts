// group: somebody belongs to a group.

import type { InboundRules } from './inbound-rules.js';

export const group: InboundRules = {
  type: 'group',
  namePlaces: [],
  findName: () => undefined,
  nameRequired: false,
  filterName: () => 'group',
  collectMetadata: (event, metadata) => {
    metadata.add('groupId', event.groupId);
    metadata.addAll('traits', event.traits);
  },
};
