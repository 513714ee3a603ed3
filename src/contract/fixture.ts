// The shape of a fixture: what a sender sends, what it is answered, and what leaves the plugin because of it. docs/fixtures.md explains it; fixtures/fixture.schema.json checks it.

/** Any JSON. In what is expected, strings and objects may hold placeholders. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** Names and values of HTTP headers. */
export type FixtureHeaders = Readonly<Record<string, string>>;

/** Where a fixture comes from. */
export interface FixtureSource {
  /** `recorded`: from a real client. `documented`: a document says so. `derived`: a decision of ours. */
  readonly kind: 'recorded' | 'documented' | 'derived';
  /** The document, the client and its version, or the decision. */
  readonly from: string;
  /** Of the document. */
  readonly section?: string;
}

/** Protocols as the manifest names them. */
export type FixtureProtocol = 'rudderstack' | 'segment' | 'trackingApi' | 'statsig' | 'operations';

/** How a request is signed while it is sent, because a signature depends on the time and on secrets that are made up for each run. */
export interface Signing {
  /** Segment: `X-Signature`, HMAC-SHA1. Statsig: `X-Statsig-Signature` and the time that is signed with it, HMAC-SHA256. */
  readonly scheme: 'segment' | 'statsig';
  readonly secret: string;
  /** Segment: what is signed. Default: the whole body. */
  readonly part?: 'body' | 'first event' | 'unwrapped first event' | 'event without extras';
  /** Statsig: milliseconds the signed time lies in the past; negative: in the future. Default: 0. */
  readonly ageMs?: number;
  /** Statsig: a signed time to the letter. */
  readonly timestamp?: string;
  /** Statsig: signed in place of the body. */
  readonly over?: string;
  /** Statsig: the bytes are signed as they are sent, after compression. */
  readonly compressed?: true;
  /** Statsig. Default: `v0`. */
  readonly version?: string;
  /** Index of the element of a RudderStack source transform whose webhook is signed, instead of the request itself. */
  readonly element?: number;
}

/** How a body is written. Neither: there is none. */
export interface FixtureBody {
  /** JSON. */
  readonly body?: Json;
  /** To the letter. */
  readonly bodyString?: string;
}

/** What is sent to the plugin. */
export interface FixtureRequest extends FixtureBody {
  readonly method: string;
  readonly path: string;
  readonly headers?: FixtureHeaders;
  /** The body is compressed so. `Content-Encoding` says it unless `headers` say something else. */
  readonly encoding?: 'gzip' | 'deflate' | 'br';
  readonly sign?: Signing | readonly Signing[];
}

/** What the sender gets. */
export interface FixtureResponse extends FixtureBody {
  /** Several: one of them. */
  readonly status: number | readonly number[];
  /** Headers that must have these values; null: must be absent. Others may be there. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/** Who is called. */
export const RECEIVERS = ['statsig', 'console', 'segment', 'rudderstack', 'upstream'] as const;

/** `statsig`: its events API and webhooks. `console`: its Console API. `segment`, `rudderstack`: where calls of `outbound` go. `upstream`: the transformer that requests of others are passed on to. */
export type Receiver = (typeof RECEIVERS)[number];

/** What a call is answered. */
export interface FixtureReply extends FixtureBody {
  readonly status?: number;
  readonly headers?: FixtureHeaders;
  /** Milliseconds before it comes. */
  readonly afterMs?: number;
  /** The connection is reset instead. */
  readonly reset?: true;
}

/** One HTTP request that leaves the plugin. */
export interface FixtureCall extends FixtureBody {
  readonly to: Receiver;
  readonly method: string;
  readonly path: string;
  /** Headers that it must have with these values; null: must be absent. Others may be there. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** It comes when no other call of the fixture is under way. */
  readonly alone?: true;
  /** Default: the receiver's yes. Calls with a reply are compared one by one; the events of others are joined before. */
  readonly reply?: FixtureReply;
}

/** One request, its answer, and the calls that leave the plugin before the next exchange. */
export interface FixtureExchange {
  /** Milliseconds to wait before it is sent. */
  readonly afterMs?: number;
  readonly request: FixtureRequest;
  readonly response: FixtureResponse;
  /** All calls because of it. Absent or empty: there is none. */
  readonly calls?: readonly FixtureCall[];
}

/** A fixture. */
export interface Fixture {
  readonly title: string;
  readonly why: string;
  readonly source: FixtureSource;
  readonly protocol: FixtureProtocol;
  /** Settings documents that the plugin needs. Addresses that they do not name are those of the stand-ins. */
  readonly settings?: readonly { readonly [setting: string]: Json }[];
  /** These documents are all that the plugin has: what it does depends on the others. */
  readonly alone?: true;
  /** True where the plugin has been asked to stop and has not ended yet. */
  readonly stopping?: true;
  /** Environment variables that the plugin needs. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly exchanges: readonly FixtureExchange[];
}

/** A fixture or a part of it as the JSON that it is. TypeScript does not see that, because an interface has no index signature. */
export function asJson(
  part: Fixture | FixtureExchange | readonly FixtureExchange[] | Omit<FixtureCall, 'reply'>,
): Json {
  return part as unknown as Json;
}
