// Where the calls that leave a plugin come in: finds out whose each is, so that many fixtures can be played at the same time.

import type { IncomingHttpHeaders } from 'node:http';
import { Mutex } from '../base/mutex.js';
import type { FixtureReply, Receiver } from './fixture.js';
import { TAG } from './values.js';

/** A call as a stand-in received it. */
export interface IncomingCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The body after decompression. */
  readonly text: string;
  /** Which rules of its receiver it breaks. */
  readonly problems?: readonly string[];
}

/** A call, and who was called. */
export interface ReceivedCall extends IncomingCall {
  readonly to: Receiver;
}

/** Gets the calls of one fixture and says what each is answered; `undefined` for one that is none of its own. */
export type CallListener = (call: ReceivedCall) => FixtureReply | undefined;

/** Where calls come in. */
export interface CallDesk {
  /** Takes a call in. @returns what it is answered */
  take(to: Receiver, call: IncomingCall): FixtureReply;
  /**
   * Listens to the calls that hold a value of this fixture.
   *
   * @param tag of the fixture's values
   * @param isAlone where no other fixture is played: it also gets the calls that hold no tag at all
   * @returns ends it
   */
  listen(tag: string, listener: CallListener, isAlone: boolean): () => void;
  /** Runs what nothing else of its kind may run beside. */
  alone<T>(task: () => Promise<T>): Promise<T>;
  /** Calls that were of no fixture. */
  readonly strangers: readonly ReceivedCall[];
}

/** Segment's write key is the user name. */
function basicUser({ authorization = '' }: IncomingHttpHeaders): string {
  const [, encoded = ''] = /^Basic (.+)$/i.exec(authorization) ?? [];
  return Buffer.from(encoded, 'base64').toString();
}

/** The first tag in the place that tells most surely whose a call is. */
function findTag({ path, headers, text }: IncomingCall): string | undefined {
  const places = [String(headers['statsig-api-key'] ?? ''), basicUser(headers), path, text, JSON.stringify(headers)];
  for (const place of places) {
    const [tag] = TAG.exec(place) ?? [];
    if (tag !== undefined) return tag;
  }
  return undefined;
}

/** A plugin may ask its upstream at any time what that can do. */
export function isOwnQuestion({ to, method, path }: ReceivedCall): boolean {
  return to === 'upstream' && method === 'GET' && path === '/features';
}

/** What is answered to calls of no fixture: what a plugin does not give up at. */
const BUSY: FixtureReply = { status: 503 };

/** A desk without listeners. */
export function createCallDesk(): CallDesk {
  const listeners = new Map<string, CallListener>();
  const strangers: ReceivedCall[] = [];
  const lonely = new Mutex();
  let alone: CallListener | undefined;
  return {
    alone: (task) => lonely.run(task),
    strangers,
    take(to, call) {
      const received = { ...call, to };
      const tag = findTag(call);
      const listener = tag === undefined ? alone : listeners.get(tag);
      const reply = listener?.(received);
      if (reply !== undefined) return reply;
      if (isOwnQuestion(received)) return { status: 404 };
      strangers.push(received);
      return BUSY;
    },
    listen(tag, listener, isAlone) {
      listeners.set(tag, listener);
      if (isAlone) alone = listener;
      return () => {
        listeners.delete(tag);
        if (alone === listener) alone = undefined;
      };
    },
  };
}
