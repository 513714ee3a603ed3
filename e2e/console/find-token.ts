// Where a token may have been left: files, the list of processes, what a page keeps.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** A text as programs keep it: in one byte a character, in two, and as base64 has it wherever it begins. */
function writingsOf(token: string): readonly Buffer[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const whole = Buffer.from(' '.repeat(offset) + token).toString('base64');
    return whole.slice(offset === 0 ? 0 : 4, whole.replace(/=+$/, '').length - 2);
  });
  return [Buffer.from(token), Buffer.from(token, 'utf16le'), ...inBase64.map((text) => Buffer.from(text))];
}

/** Whether a text has it in any form. */
export const holds = (token: string, bytes: Buffer) => writingsOf(token).some((writing) => bytes.includes(writing));

/** The files below a directory that hold it. */
export function filesWith(token: string, directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => holds(token, readFileSync(file)));
}

/** Processes whose command line or environment holds it; those that end meanwhile have none. */
export function processesWith(token: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return holds(token, readFileSync(join('/proc', pid, file)));
        } catch {
          return false;
        }
      }),
    );
}

/** All that a page has: what it shows, what is in its fields, and what it has put away. */
export async function keptBy(page: Page): Promise<Buffer> {
  const kept = await page.evaluate(() => [
    document.documentElement.outerHTML,
    location.href,
    JSON.stringify({ ...localStorage }),
    JSON.stringify({ ...sessionStorage }),
    ...[...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value),
  ]);
  return Buffer.from(kept.join('\n'));
}
