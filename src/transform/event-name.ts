// Builds the Statsig event name: template, forbidden characters, length.

import type { Trace } from '../base/trace.js';

/** The event types that become Statsig events. */
export type InboundType = 'track' | 'page' | 'screen' | 'group';

/** A prefix and a template per event type. */
export interface EventNamePreset {
  readonly prefix: string;
  readonly templates: Readonly<Record<InboundType, string>>;
}

const TEMPLATES = {
  track: '{prefix}{event}',
  page: '{prefix}page:{name}',
  screen: '{prefix}screen:{name}',
  group: '{prefix}group',
};

/**
 * `segment::` and `rudderstack::` are the prefixes of Statsig's own integrations (Statsig's documentation); how Statsig names page, screen and
 * group events under them is not documented, so those templates are ours. `segment-legacy` is what Segment's page about the Statsig destination
 * says; its group name is ours by analogy.
 */
export const EVENT_NAME_PRESETS = {
  rudderstack: { prefix: 'rudderstack::', templates: TEMPLATES },
  segment: { prefix: 'segment::', templates: TEMPLATES },
  'segment-legacy': {
    prefix: 'segment_',
    templates: {
      track: '{prefix}track:{event}',
      page: '{prefix}page:{name}',
      screen: '{prefix}screen:{name}',
      group: '{prefix}group',
    },
  },
} as const satisfies Record<string, EventNamePreset>;

export type EventNamePresetName = keyof typeof EVENT_NAME_PRESETS;

/** Makes the event name from the event's own name; `undefined` stands for a page or screen without one. */
export type EventNamer = (name: string | undefined, trace?: Trace) => string;

/** Statsig drops an event whose name holds one of these (Statsig's documentation, Logging Events). */
const FORBIDDEN = /[\\"[\]{}<>#=;&$%|\0\n\r]/g;
const REPLACEMENT = '_';

const PLACEHOLDER = /\{(prefix|event|name)\}/;

const HIGH_SURROGATE = /[\uD800-\uDBFF]$/;

/** Counts as Statsig's SDKs do, in UTF-16 units, but never leaves half a character. */
function cut(name: string, maxLength: number): string {
  return name.length <= maxLength ? name : name.slice(0, maxLength).replace(HIGH_SURROGATE, '');
}

/**
 * Compiles one event type's template.
 *
 * @param template text with `{prefix}`, `{event}` or `{name}`
 * @param prefix what `{prefix}` stands for
 * @param maxLength in UTF-16 units; longer names are cut
 */
export function compileEventNamer(type: InboundType, template: string, prefix: string, maxLength: number): EventNamer {
  // Splitting by a group keeps the placeholders: the odd parts are their names.
  const parts = template.split(PLACEHOLDER);
  const usesName = parts.some((part, i) => i % 2 === 1 && part !== 'prefix');

  const render = (name: string | undefined): string => {
    if (usesName && name === undefined) return prefix + type;
    let text = '';
    for (let i = 0; i < parts.length; i++) text += i % 2 === 0 ? parts[i] : parts[i] === 'prefix' ? prefix : name;
    return text;
  };

  return (name, trace) => {
    const rendered = render(name);
    const clean = rendered.replace(FORBIDDEN, REPLACEMENT);
    const short = cut(clean, maxLength);
    if (trace !== undefined) {
      trace.add('event-name', `eventName = ${short}`, `template ${template}`);
      if (clean !== rendered) trace.add('event-name', `forbidden characters replaced by ${REPLACEMENT}`, rendered);
      if (short !== clean) trace.add('event-name', `cut to ${maxLength} characters`, clean);
    }
    return short;
  };
}
