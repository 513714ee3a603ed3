// Puts Statsig's name back into a body that Segment's SDK made: the SDK writes its own into each event.

import { isJsonObject } from '../../model/segment-event.js';

/** As Statsig's own integration signs its calls (Statsig's documentation, Segment integration, outbound event schema); the inbound loop guard looks for it. */
const STATSIG = { name: 'statsig', version: '1.0' };

/** What the SDK sends: Segment's HTTP Tracking API, batch. */
interface BatchBody {
  readonly batch: readonly { readonly messageId: string; readonly context: { library?: unknown } }[];
}

/** A body as it is to be sent. */
export interface SignedBody {
  readonly text: string;
  readonly messageIds: readonly string[];
}

/** The same body, in which the library of each event is Statsig's; nothing else is changed, and what else the library holds stays. */
export function signAsStatsig(text: string): SignedBody {
  const body: BatchBody = JSON.parse(text);
  const messageIds = body.batch.map(({ messageId, context }) => {
    const { library } = context;
    context.library = isJsonObject(library) ? Object.assign(library, STATSIG) : STATSIG;
    return messageId;
  });
  return { text: JSON.stringify(body), messageIds };
}
