// What Statsig's yes looks like.

import { deniesSuccess } from '../call/said.js';
import type { ResponseReader } from '../call/verdict.js';
import { isJsonObject } from '../model/segment-event.js';

/** Who answers, for people. */
export const STATSIG_NAME = 'Statsig';

/** log_event says `{"success": true}` (Statsig's OpenAPI). An empty body says nothing against it. Statsig counts what it is sent twice: what is no answer of its own is not guessed at. */
export const STATSIG: ResponseReader = {
  name: STATSIG_NAME,
  read(said) {
    if (said.kind === 'nothing') return 'yes';
    if (said.kind === 'page') return 'no';
    if (said.kind === 'text') return 'unclear';
    if (isJsonObject(said.value) && said.value.success === true) return 'yes';
    return deniesSuccess(said.value) ? 'no' : 'unclear';
  },
};

/** The webhooks of Statsig have no documented answer: any object is a yes that does not say no. */
export const STATSIG_WEBHOOK: ResponseReader = {
  name: STATSIG_NAME,
  read(said) {
    const word = STATSIG.read(said);
    return word === 'unclear' && said.kind === 'json' && isJsonObject(said.value) ? 'yes' : word;
  },
};
