// Reads how many processes are to share the work.

/** `auto`: one for each core. */
export type Workers = number | 'auto';

/** More than any machine has cores for. */
const MOST_WORKERS = 256;

/** What WORKERS may be, for people. */
export const WORKERS_FORMS = `WORKERS must be auto or a whole number from 1 to ${MOST_WORKERS}.`;

/** @returns `undefined` for what is none of its forms */
export function readWorkers(text: string): Workers | undefined {
  if (text.toLowerCase() === 'auto') return 'auto';
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= MOST_WORKERS ? number : undefined;
}
