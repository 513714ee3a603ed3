// Puts back into a body that Segment's SDK made what the SDK writes over or leaves out: Statsig's name as the library, and the email beside the ids.

import { isJsonObject } from '../../model/segment-event.js';

/** As Statsig's own integration signs its calls (Statsig's documentation, Segment integration, outbound event schema); the inbound loop guard looks for it. */
const STATSIG = { name: 'statsig', version: '1.0' };

/** What the SDK sends: Segment's HTTP Tracking API, batch. */
interface BatchBody {
  readonly batch: readonly {
    readonly messageId: string;
    email?: string;
    readonly context: { library?: unknown; traits?: unknown };
  }[];
}

/** A body as it is to be sent. */
export interface SignedBody {
  readonly text: string;
  readonly messageIds: readonly string[];
}

/** The same body, in which the library of each event is Statsig's, and its email stands beside its ids too; nothing else is changed, and what else the library holds stays. */
export function signAsStatsig(text: string): SignedBody {
  const body: BatchBody = JSON.parse(text);
  const messageIds = body.batch.map((event) => {
    const { library, traits } = event.context;
    event.context.library = isJsonObject(library) ? Object.assign(library, STATSIG) : STATSIG;
    if (isJsonObject(traits) && typeof traits.email === 'string') event.email = traits.email;
    return event.messageId;
  });
  return { text: JSON.stringify(body), messageIds };
}
