// Regular expressions for texts that people enter in RudderStack's forms.

import type { ValueSchema } from './model.js';

/** A dynamic config template, or the name of an environment variable: RudderStack puts the text itself in later. */
const TEMPLATE_OR_VARIABLE = String.raw`(^\{\{.*\|\|(.*)\}\}$)|(^env[.].+)|`;

/** Accepts a template, an environment variable, or a string of so many characters. */
export function templatedText(min: number, max: number): string {
  return `${TEMPLATE_OR_VARIABLE}^(.{${min},${max}})$`;
}

/**
 * The pattern of a text field, or undefined when the setting allows any text. Forms send numbers as texts, so an integer gets one too: it limits
 * the digits, and the plugin checks the range.
 *
 * @param required false: the empty string, which means unset, is accepted
 */
export function fieldPattern(schema: ValueSchema, required: boolean): string | undefined {
  if (schema.type === 'integer') {
    const digits = schema.maximum === undefined ? '' : String(schema.maximum).length;
    return `${TEMPLATE_OR_VARIABLE}^([0-9]{${required ? 1 : 0},${digits}})$`;
  }
  if (schema.pattern !== undefined) {
    return `${TEMPLATE_OR_VARIABLE}${required ? '' : '^$|'}(?:${schema.pattern})`;
  }
  return schema.maxLength === undefined ? undefined : templatedText(required ? 1 : 0, schema.maxLength);
}
