// Puts back into a body that Segment's SDK made what the SDK writes over or leaves out: Statsig's name as the library, and the email beside the ids.

import { isJsonObject } from '../../model/segment-event.js';
import { SDK_METADATA, type StoredCall } from './stored-call.js';

/** As Statsig's own integration signs its calls (Statsig's documentation, Segment integration, outbound event schema); the inbound loop guard looks for it. */
const STATSIG = { name: 'statsig', version: '1.0' };

/** As the SDK signs them. */
const SDK_NAME = '@segment/analytics-node';

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

/** A call that the SDK was given, as far as it matters here. */
export interface GivenCall {
  readonly messageId: string;
  /** Of its traits. */
  readonly email: string | undefined;
  /** Its library holds nothing that the SDK leaves there. */
  readonly isPlain: boolean;
}

export function givenCallOf({ messageId, context }: StoredCall): GivenCall {
  const library: unknown = context?.library;
  const email: unknown = context?.traits?.email;
  const isPlain =
    library === undefined ||
    (isJsonObject(library) && Object.keys(library).every((key) => Object.hasOwn(STATSIG, key)));
  return { messageId, email: typeof email === 'string' ? email : undefined, isPlain };
}

function parseAndSign(text: string): SignedBody {
  const body: BatchBody = JSON.parse(text);
  const messageIds = body.batch.map((event) => {
    const { library, traits } = event.context;
    event.context.library = isJsonObject(library) ? Object.assign(library, STATSIG) : STATSIG;
    if (isJsonObject(traits) && typeof traits.email === 'string') event.email = traits.email;
    return event.messageId;
  });
  return { text: JSON.stringify(body), messageIds };
}

const STATSIG_TEXT = JSON.stringify(STATSIG);

/** What the SDK ends every event with. */
const END = `${SDK_METADATA}}`;

/**
 * The same without parsing, which costs more than all else that is ours between the outbox and the request.
 *
 * @returns `undefined` where the events of the body are not the given ones, in order, each with one library and one end: an event that holds such a string itself, or has more in its library
 */
function signText(text: string, calls: readonly GivenCall[], sdkLibrary: string): SignedBody | undefined {
  const parts = text.split(END);
  const rest = parts.pop() ?? '';
  if (parts.length !== calls.length) return undefined;
  let signed = '';
  for (const [index, { messageId, email, isPlain }] of calls.entries()) {
    const part = parts[index] ?? '';
    const at = part.indexOf(sdkLibrary);
    const isOne = isPlain && at !== -1 && !part.includes(sdkLibrary, at + 1);
    if (!isOne || !part.includes(`"messageId":${JSON.stringify(messageId)}`)) return undefined;
    const end = email === undefined ? END : `${SDK_METADATA},"email":${JSON.stringify(email)}}`;
    signed += part.slice(0, at) + STATSIG_TEXT + part.slice(at + sdkLibrary.length) + end;
  }
  return { text: signed + rest, messageIds: calls.map(({ messageId }) => messageId) };
}

/**
 * The body of the SDK, in which the library of each event is Statsig's, and its email stands beside its ids too; nothing else is changed, and what else the library holds stays.
 *
 * @param calls that the SDK was given, in order
 * @param version of the SDK
 */
export function signAsStatsig(text: string, calls: readonly GivenCall[], version: string): SignedBody {
  return signText(text, calls, JSON.stringify({ name: SDK_NAME, version })) ?? parseAndSign(text);
}
