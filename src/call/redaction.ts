// Takes a key out of what was answered: a proxy in between may echo the request.

import type { HttpResponse } from './http-call.js';

const REDACTED = '[redacted]';

/** The beginning of a key may stand at the end of an answer that was cut; less of it tells nothing. */
const MIN_REMAINS = 4;

function withoutRemains(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= MIN_REMAINS; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + REDACTED;
  }
  return text;
}

/** The forms of a key that is sent by Basic authentication: as it is, and as the header writes it, with and without padding. */
export function basicForms(key: string): readonly string[] {
  const header = Buffer.from(`${key}:`).toString('base64');
  return [header, header.replace(/=+$/, ''), key];
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * A form as it is, and as it stands in a JSON text, in one that is quoted in another, in one more (an answer that quotes a request whose body holds the key), and in a query. For a key of
 * nothing but letters, digits, `-` and `_` that is all the same.
 */
function writingsOf(form: string): readonly string[] {
  const escaped = escapeJson(form);
  const twice = escapeJson(escaped);
  const inQuery = new URLSearchParams({ '': form }).toString().slice(1);
  return [...new Set([form, escaped, twice, escapeJson(twice), encodeURIComponent(form), inQuery])];
}

/**
 * The same text without the key.
 *
 * @param forms every way in which the request writes it
 */
export function redactText(text: string, forms: readonly string[]): string {
  return forms
    .flatMap(writingsOf)
    .reduce((rest, writing) => withoutRemains(rest.replaceAll(writing, REDACTED), writing), text);
}

/**
 * The same answer without the key.
 *
 * @param forms every way in which the request writes it
 */
export function redactResponse(answer: HttpResponse, forms: readonly string[]): HttpResponse {
  if (answer.kind === 'unanswered') return answer;
  const retryAfter = answer.retryAfter === undefined ? undefined : redactText(answer.retryAfter, forms);
  return { ...answer, body: redactText(answer.body, forms), retryAfter };
}
