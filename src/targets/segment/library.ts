// Puts Statsig's name back into a body that Segment's SDK made: the SDK writes its own into each event.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';

/** As Statsig's own integration signs its calls (Statsig's documentation, Segment integration, outbound event schema); the inbound loop guard looks for it. */
const STATSIG = { name: 'statsig', version: '1.0' };

/** What the SDK sends: Segment's HTTP Tracking API, batch. */
interface BatchBody {
  readonly batch: readonly { readonly messageId: string; readonly context: JsonObject }[];
}

/** A body as it is to be sent. */
export interface SignedBody {
  readonly text: string;
  readonly messageIds: readonly string[];
}

/** The same body, in which the library of each event is Statsig's; nothing else is changed, and what else the library holds stays. */
export function signAsStatsig(body: string): SignedBody {
  const parsed: BatchBody = JSON.parse(body);
  const batch = parsed.batch.map((event) => {
    const { library } = event.context;
    return { ...event, context: { ...event.context, library: { ...(isJsonObject(library) && library), ...STATSIG } } };
  });
  return { text: JSON.stringify({ ...parsed, batch }), messageIds: batch.map(({ messageId }) => messageId) };
}
