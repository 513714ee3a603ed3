// What stands for a secret where it is looked up.

import { createHmac, randomBytes } from 'node:crypto';

/** Nobody outside of this process can work a digest out. */
const KEY = randomBytes(32);

/** The same for the same text, as long as the process runs. */
export function digestOf(text: string): string {
  return createHmac('sha256', KEY).update(text).digest('hex');
}
