// page and screen: somebody looked at something. The two differ in nothing but their word.

import { isJsonObject, type SegmentEvent } from '../../model/segment-event.js';
import type { MetadataBuilder } from '../metadata.js';
import { isBlankText, toNonBlankText } from '../scalars.js';
import type { InboundRules } from './inbound-rules.js';

/** What the Segment Spec puts into `context.page` and a page call may leave out of its properties. */
const PAGE_FIELDS = ['url', 'path', 'referrer', 'title'] as const;
const PAGE = ['context', 'page'] as const;

/** `name`, else `category`, wherever the SDKs put them: RudderStack's mobile SDKs name a screen in `event`. */
const NAME_PLACES = [['name'], ['properties', 'name'], ['event'], ['category'], ['properties', 'category']] as const;

function findName(event: SegmentEvent): string | undefined {
  const properties = isJsonObject(event.properties) ? event.properties : {};
  for (const [field, below] of NAME_PLACES) {
    const name = toNonBlankText(below === undefined ? event[field] : properties[below]);
    if (name !== undefined) return name;
  }
  return undefined;
}

function collectMetadata(event: SegmentEvent, metadata: MetadataBuilder): void {
  for (const field of ['name', 'category'] as const) {
    // A blank one would hide the property of the same name.
    if (!isBlankText(event[field])) metadata.add(field, event[field]);
  }
  metadata.addAll('properties', event.properties);
  if (!isJsonObject(event.context) || !isJsonObject(event.context.page)) return;
  for (const field of PAGE_FIELDS) metadata.add(field, event.context.page[field], PAGE);
}

function viewRules(type: 'page' | 'screen'): InboundRules {
  return {
    type,
    namePlaces: NAME_PLACES,
    findName,
    nameRequired: false,
    filterName: (name) => (name === undefined ? type : `${type}:${name}`),
    collectMetadata,
  };
}

export const page = viewRules('page');
export const screen = viewRules('screen');
