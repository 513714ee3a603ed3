// Says what is wrong with an event that cannot be sent.

import { describeError } from '../base/errors.js';
import type { Invalid } from '../model/conversion.js';

/** One line for people on an event that cannot be sent: `CODE: what happened (where: detail). What to do.` */
export function describeInvalid({ code, path, detail }: Invalid): string {
  return describeError(code, path, detail);
}
