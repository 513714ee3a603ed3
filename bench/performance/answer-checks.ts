// Makes sure that what is measured is the work that was asked for.

import type { Content, FormName } from './forms.js';

/** As much of an entry as is looked at. */
interface Entry {
  readonly statusCode: number;
  readonly metadata?: object;
}

function entriesOf(form: FormName, answer: string): readonly Entry[] {
  const parsed: readonly Entry[] | { readonly output: readonly Entry[] } = JSON.parse(answer);
  if (form !== 'router') return 'output' in parsed ? [] : parsed;
  const output = 'output' in parsed ? parsed.output : [];
  // An entry of the router transform stands for as many events as it has metadata.
  return output.flatMap((entry) => (Array.isArray(entry.metadata) ? entry.metadata.map(() => entry) : [entry]));
}

/**
 * Looks at an answer to a transform request: it must have one entry per event, and the right ones must be converted.
 *
 * @returns what is wrong
 */
export function findFault(form: FormName, content: Content, events: number, answer: string): string | undefined {
  const entries = entriesOf(form, answer);
  if (entries.length !== events) return `${entries.length} of ${events} events answered: ${answer.slice(0, 500)}`;
  const sent = entries.filter(({ statusCode }) => statusCode === 200).length;
  const wrong = content === 'invalid' ? sent > 0 : sent < events / 2 && events > 1;
  return wrong ? `${sent} of ${events} events converted: ${answer.slice(0, 500)}` : undefined;
}
