// Evaluates RudderStack's dynamic config: `{{ path || default }}` in a destination Config, answered from the event.

import { isJsonObject, type JsonObject } from '../model/segment-event.js';

/** A letter or underscore first, then word characters; dots between the parts. */
const PATH = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Templates stand in settings, which are at most a few levels deep. */
const MAX_DEPTH = 16;

interface Template {
  readonly path: string;
  readonly fallback: string;
}

function parseTemplate(text: string): Template | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{{') || !trimmed.endsWith('}}')) return undefined;
  const content = trimmed.slice(2, -2);
  const separator = content.indexOf('||');
  if (separator === -1) return undefined;
  const path = content.slice(0, separator).trim();
  if (!PATH.test(path)) return undefined;
  return {
    path,
    fallback: content
      .slice(separator + 2)
      .replaceAll('"', '')
      .trim(),
  };
}

function lookUp(path: string, element: JsonObject): unknown {
  // `event.` is the documented name of the message; other paths start at the batch element.
  const keys = (path.startsWith('event.') ? `message.${path.slice('event.'.length)}` : path).split('.');
  let value: unknown = element;
  for (const key of keys) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value ?? undefined;
}

/** True when the Config's JSON text may hold a template: the cheap test before `evaluateDynamicConfig`. */
export function mayHoldTemplate(configText: string): boolean {
  return configText.includes('{{');
}

/**
 * A copy of the Config with every template replaced by the event's value or the template's default (quotes stripped), as the stock
 * transformer does (RudderStack's documentation, dynamic destination configuration), except that the field stays in the message.
 *
 * @param element the batch element: `{message, metadata, destination}`
 * @returns the Config, and the top-level keys that got their value from the event
 */
export function evaluateDynamicConfig(
  config: JsonObject,
  element: JsonObject,
): { config: JsonObject; fromEvent: ReadonlySet<string> } {
  const fromEvent = new Set<string>();
  const evaluate = (value: unknown, topKey: string, depth: number): unknown => {
    if (typeof value === 'string') {
      const template = parseTemplate(value);
      if (template === undefined) return value;
      const found = lookUp(template.path, element);
      if (found === undefined) return template.fallback;
      fromEvent.add(topKey);
      return found;
    }
    if (depth >= MAX_DEPTH) return value;
    if (Array.isArray(value)) return value.map((item) => evaluate(item, topKey, depth + 1));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluate(item, topKey, depth + 1)]));
  };
  const evaluated = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, evaluate(value, key, 1)]));
  return { config: evaluated, fromEvent };
}
