// What the yes of Statsig's Console API looks like.

import { deniesSuccess } from '../call/said.js';
import type { ResponseReader } from '../call/verdict.js';
import { isJsonObject } from '../model/segment-event.js';
import { STATSIG_NAME } from './statsig-response.js';

/**
 * Every documented answer is an object, to a change one with `message` (Statsig's OpenAPI of the Console API). Adding and removing once more does no harm, so that everything else is a no. A
 * look at a list may say less than it should: the change after it has an answer of its own.
 */
export function consoleReader(method: 'GET' | 'POST' | 'PATCH' | 'DELETE'): ResponseReader {
  return {
    name: STATSIG_NAME,
    read(said) {
      if (said.kind === 'nothing') return 'yes';
      if (said.kind !== 'json' || !isJsonObject(said.value) || deniesSuccess(said.value)) return 'no';
      const { data, message, success } = said.value;
      return method === 'GET' || message !== undefined || isJsonObject(data) || success === true ? 'yes' : 'no';
    },
  };
}
