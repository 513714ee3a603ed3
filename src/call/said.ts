// Reads what a target said in the body of a 2xx, and knows the words that mean yes or no at more than one of them.

import { parseJson } from '../base/json.js';
import { readJsonBeginning } from '../model/json-beginning.js';
import { isJsonObject } from '../model/segment-event.js';
import type { Answered } from './http-call.js';

/** What the body of an answer says. `page`: HTML or XML, which is some proxy's. `text`: no JSON. */
export type Said =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'page' }
  | { readonly kind: 'text'; readonly text: string }
  /** Without what was not read, where the answer is too long or broke off. */
  | { readonly kind: 'json'; readonly value: unknown };

/** Reads the body of an answer. */
export function readSaid({ body, rest }: Pick<Answered, 'body' | 'rest'>): Said {
  const text = body.trim();
  if (text === '') return rest === 'none' ? { kind: 'nothing' } : { kind: 'text', text };
  if (text.startsWith('<')) return { kind: 'page' };
  const value = rest === 'none' ? parseJson(text) : readJsonBeginning(text);
  return value === undefined ? { kind: 'text', text } : { kind: 'json', value };
}

function isSomething(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== false && error !== '';
}

/** Whether a JSON value says that something was not accepted, in the words that APIs have for it. */
export function deniesSuccess(value: unknown): boolean {
  if (value === false || value === 'false') return true;
  if (Array.isArray(value)) return value.some(deniesSuccess);
  if (!isJsonObject(value) || value.success === true) return false;
  const { success, error, errors, status } = value;
  if (success !== undefined) return success === false || success === 'false';
  return isSomething(error) || isSomething(errors) || (typeof status === 'number' && status >= 400);
}
