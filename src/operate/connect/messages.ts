// What the process and the thread of a deed tell each other.

import type { Arrival } from '../../connect/arrival.js';
import type { ConnectFault } from '../../connect/connection.js';
import type { Step, StepReport } from '../../connect/step.js';
import type { EventToExpect } from './expect-event.js';
import type { ConnectFound, ConnectVerb, OAuthAsked, RudderstackAsked, SegmentAsked, StatsigAsked } from './shapes.js';

/** What a thread is to do. Tokens are in it: it goes to the thread and is kept nowhere. */
export type ConnectOrder =
  | { readonly way: 'segment'; readonly asked: SegmentAsked }
  | { readonly way: 'oauth'; readonly asked: OAuthAsked }
  | { readonly way: 'statsig'; readonly asked: StatsigAsked }
  | { readonly way: 'rudderstack'; readonly asked: RudderstackAsked };

/** What the process tells a thread of itself. */
export interface ConnectPlace {
  /** Of the settings: a file, a directory, or the URL of a config service. */
  readonly settingsLocation: string;
  /** For a config service. */
  readonly settingsToken: string | undefined;
  /** Of the stock transformer, where there is one. */
  readonly upstreamUrl: string | undefined;
  /** Events of the workspace as they were received lately. */
  readonly recentEvents: readonly unknown[];
}

/** What a thread begins with. */
export interface ThreadData {
  readonly order: ConnectOrder;
  readonly place: ConnectPlace;
}

/** What the process tells it later. */
export type ToThread =
  /** The query with which a person came back, once they have allowed it or not. */
  | { readonly is: 'consent'; readonly query: string }
  /** It is watched: the event may be sent. */
  | { readonly is: 'watched' }
  | { readonly is: 'arrival'; readonly arrival: Arrival }
  | { readonly is: 'go'; readonly verb: Exclude<ConnectVerb, 'look'> };

/** What a thread tells. No token or secret is in it. */
export type FromThread =
  | { readonly is: 'found'; readonly found: ConnectFound }
  | { readonly is: 'planned'; readonly steps: readonly Step[] }
  | { readonly is: 'report'; readonly report: StepReport }
  /** @param state by which the one who comes back is known */
  | { readonly is: 'consent'; readonly url: string; readonly state: string }
  | { readonly is: 'expect'; readonly event: EventToExpect }
  | { readonly is: 'ready' }
  | { readonly is: 'done' }
  | {
      readonly is: 'failed';
      readonly code: ConnectFault | 'fault';
      readonly message: string;
      readonly detail?: string;
    };
