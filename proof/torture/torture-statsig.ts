// The torture's stand-in for Statsig's log_event.

import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { ownLogEventSchema } from '../../testkit/statsig-event-schema.js';
import { RUN_HEADER } from './mark-run.js';
import { STATSIG_WEIGHTS } from './torture-deeds.js';
import { MAX_REQUEST_BYTES } from './torture-events.js';
import type { TortureRules } from './torture-stand-in.js';

interface LogEventBody {
  readonly events: readonly {
    readonly metadata: { readonly id: string; readonly lane: string; readonly poison?: string };
  }[];
}

const ajv = new Ajv({ strict: true, strictTypes: false });
addFormats.default(ajv);
const isLogEventBody = ajv.compile<LogEventBody>(ownLogEventSchema);

/** @param workspaces id of the workspace by its secret key */
export function statsigRules(workspaces: ReadonlyMap<string, string>): TortureRules {
  return {
    weights: STATSIG_WEIGHTS,
    maxRequestBytes: MAX_REQUEST_BYTES,
    read(text, headers) {
      const body: unknown = JSON.parse(text);
      const lane = workspaces.get(String(headers['statsig-api-key']));
      if (lane === undefined) throw new Error('a request with an unknown key');
      if (!isLogEventBody(body)) throw new Error(ajv.errorsText(isLogEventBody.errors));
      const stranger = body.events.find(({ metadata }) => metadata.lane !== lane);
      if (stranger !== undefined) throw new Error(`${lane} sends ${JSON.stringify(stranger)}`);
      return {
        lane,
        session: String(headers[RUN_HEADER]),
        ids: body.events.map(({ metadata }) => metadata.id),
        hasPoison: body.events.some(({ metadata }) => metadata.poison !== undefined),
      };
    },
  };
}
