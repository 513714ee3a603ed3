// What the yes of Segment and of RudderStack looks like.

import { deniesSuccess } from '../../call/said.js';
import type { Answerer } from '../../call/verdict.js';
import { isJsonObject } from '../../model/segment-event.js';

const OK = /^"?ok"?$/i;

/**
 * Segment says `{"success":true}`, a RudderStack data plane `OK`, and what is built after them `{"ok":true}` or `{"status":"ok"}`. RudderStack drops what comes twice only where that is
 * switched on, so that other words are not taken for a no.
 */
export const readCdpAnswer: Answerer['read'] = (said) => {
  if (said.kind === 'nothing') return 'yes';
  if (said.kind === 'page') return 'no';
  if (said.kind === 'text') return OK.test(said.text) ? 'yes' : 'unclear';
  const { value } = said;
  if (deniesSuccess(value)) return 'no';
  if (typeof value === 'string') return OK.test(value) ? 'yes' : 'unclear';
  if (!isJsonObject(value)) return 'unclear';
  const { success, ok, status } = value;
  return success === true || ok === true || (typeof status === 'string' && OK.test(status)) ? 'yes' : 'unclear';
};
