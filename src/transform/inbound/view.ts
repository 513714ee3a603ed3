// page and screen: somebody looked at something. The two differ in nothing but their word.

import { isJsonObject, type SegmentEvent } from '../../model/segment-event.js';
import type { MetadataBuilder } from '../metadata.js';
import { isBlankText, toNonBlankText } from '../scalars.js';
import type { InboundRules } from './inbound-rules.js';

/** What the Segment Spec puts into `context.page` and a page call may leave out of its properties. */
const PAGE_FIELDS = [
  ['url', 'context.page.url'],
  ['path', 'context.page.path'],
  ['referrer', 'context.page.referrer'],
  ['title', 'context.page.title'],
] as const;

/** `name`, else `category`, wherever the SDKs put them: RudderStack's mobile SDKs name a screen in `event`. */
function findName(event: SegmentEvent): string | undefined {
  const properties = isJsonObject(event.properties) ? event.properties : {};
  return (
    toNonBlankText(event.name) ??
    toNonBlankText(properties.name) ??
    toNonBlankText(event.event) ??
    toNonBlankText(event.category) ??
    toNonBlankText(properties.category)
  );
}

function collectMetadata(event: SegmentEvent, metadata: MetadataBuilder): void {
  for (const field of ['name', 'category'] as const) {
    // A blank one would hide the property of the same name.
    if (!isBlankText(event[field])) metadata.add(field, event[field]);
  }
  metadata.addAll('properties', event.properties);
  if (!isJsonObject(event.context) || !isJsonObject(event.context.page)) return;
  for (const [field, from] of PAGE_FIELDS) metadata.add(field, event.context.page[field], from);
}

function viewRules(type: 'page' | 'screen'): InboundRules {
  return {
    type,
    findName,
    nameRequired: false,
    filterName: (name) => (name === undefined ? type : `${type}:${name}`),
    collectMetadata,
  };
}

export const page = viewRules('page');
export const screen = viewRules('screen');
