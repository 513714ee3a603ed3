// Takes a key out of what was answered: a proxy in between may echo the request.

import type { PostAnswer } from './post.js';

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

/**
 * The same answer without the key.
 *
 * @param forms every way in which the request writes it
 */
export function redactAnswer(answer: PostAnswer, forms: readonly string[]): PostAnswer {
  if (answer.kind === 'unanswered') return answer;
  const redact = (text: string) =>
    forms.reduce((rest, form) => withoutRemains(rest.replaceAll(form, REDACTED), form), text);
  const retryAfter = answer.retryAfter === undefined ? undefined : redact(answer.retryAfter);
  return { ...answer, body: redact(answer.body), retryAfter };
}
