// An edit of settings that is refused, with what its maker needs to go on.

import { type InvalidRequestCode, PluginError, type UnavailableCode } from '../../base/errors.js';
import { toPrintable } from '../../base/printable.js';
import type { ErrorText } from '../../http/error-text.js';
import type { SettingsRefusal } from './shapes.js';

/** Nothing was written. */
export class SettingsRefused extends PluginError {
  readonly more: Omit<SettingsRefusal, 'error' | 'message'>;

  /** @param more beside code and message; no key is in it @param detail for people; no key is in it */
  constructor(
    code: InvalidRequestCode | UnavailableCode,
    more: Omit<SettingsRefusal, 'error' | 'message'>,
    detail?: string,
  ) {
    super(code, detail);
    this.name = 'SettingsRefused';
    this.more = more;
  }
}

/** With what there is beside code and message. */
export const settingsErrorText: ErrorText = (error) => {
  const answer: SettingsRefusal = {
    error: error.code,
    message: error.message,
    ...(error instanceof SettingsRefused && error.more),
  };
  return toPrintable(JSON.stringify(answer));
};
