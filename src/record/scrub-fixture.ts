// Scrubs all messages of a fixture, and says what in them may still be a secret.

import {
  asJson,
  type Fixture,
  type FixtureBody,
  type FixtureCall,
  type FixtureExchange,
  type FixtureReply,
  type FixtureRequest,
  type FixtureResponse,
  type Json,
} from '../contract/fixture.js';
import { FixtureScrubber, type Place } from './fixture-scrubber.js';
import type { ScrubRules } from './scrub-rules.js';
import { findSecretLike } from './suspicion.js';

const REQUEST: Place = { path: [], isSent: true, to: 'plugin' };
const RESPONSE: Place = { path: [], isSent: false, to: 'plugin' };

function callPlace({ to }: FixtureCall): Place {
  return { path: [], isSent: false, to };
}

type Headers = Readonly<Record<string, string | null>> | undefined;

interface Message extends FixtureBody {
  readonly headers?: Headers;
  readonly path?: string;
}

function learn(scrubber: FixtureScrubber, { headers, body, bodyString, path }: Message, place: Place): void {
  for (const [name, value] of Object.entries(headers ?? {})) scrubber.learn(value, { ...place, path: [name] });
  const query = path?.split('?')[1];
  if (query !== undefined) scrubber.learnString(query, place);
  if (body !== undefined) scrubber.learn(body, place);
  if (bodyString !== undefined) scrubber.learnString(bodyString, place);
}

function scrub<M extends Message>(scrubber: FixtureScrubber, message: M, place: Place): M {
  const { headers, body, bodyString, path } = message;
  const header = (name: string, value: string | null) =>
    value === null ? null : String(scrubber.scrub(value, { ...place, path: [name] }));
  return {
    ...message,
    ...(path !== undefined && { path: scrubber.target(path, place) }),
    ...(headers !== undefined && {
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, header(name, value)])),
    }),
    ...(body !== undefined && { body: scrubber.scrub(body, place) }),
    ...(bodyString !== undefined && { bodyString: scrubber.bodyText(bodyString, place) }),
  };
}

/** The exchanges without secrets, people, and what is another value each time. @param now of the recording */
export function scrubExchanges(
  exchanges: readonly FixtureExchange[],
  rules: ScrubRules,
  now: number,
): readonly FixtureExchange[] {
  const scrubber = new FixtureScrubber(rules, now);
  for (const { request, response, calls = [] } of exchanges) {
    learn(scrubber, request, REQUEST);
    learn(scrubber, response, RESPONSE);
    for (const call of calls) {
      learn(scrubber, call, callPlace(call));
      if (call.reply !== undefined) learn(scrubber, call.reply, callPlace(call));
    }
  }
  return exchanges.map((exchange) => {
    const request: FixtureRequest = scrub(scrubber, exchange.request, REQUEST);
    const calls = exchange.calls?.map((call) => {
      // What the receiver answers is sent to the plugin, so the plugin may repeat it.
      const reply: FixtureReply | undefined =
        call.reply && scrub(scrubber, call.reply, { ...callPlace(call), isSent: true });
      return { ...scrub(scrubber, call, callPlace(call)), ...(reply !== undefined && { reply }) };
    });
    const response: FixtureResponse = scrub(scrubber, exchange.response, RESPONSE);
    return { request, response, ...(calls !== undefined && calls.length > 0 && { calls }) };
  });
}

/** What in a fixture may be a secret. */
export interface Doubtful {
  /** Of a file: `exchanges[0].request.body.traits.note`. It holds no value. */
  readonly place: string;
  /** The field to name, so that its values are replaced. */
  readonly field: string;
  readonly what: string;
}

function* doubtfulIn(value: Json, rules: ScrubRules, place: string, field: string): Generator<Doubtful> {
  if (typeof value === 'string') {
    const known = rules.secrets.findIn(value);
    const what = known === undefined ? findSecretLike(value) : `the value of ${known} in another writing`;
    if (what !== undefined) yield { place, field, what };
  } else if (Array.isArray(value)) {
    for (const [index, each] of (value as Json[]).entries())
      yield* doubtfulIn(each, rules, `${place}[${index}]`, field);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      const known = rules.secrets.findIn(name) ?? findSecretLike(name);
      if (known !== undefined) yield { place: `${place}, the name of a field`, field, what: known };
      yield* doubtfulIn(each, rules, known === undefined ? `${place}.${name}` : place, name);
    }
  }
}

/** What still looks like a secret. */
export function findDoubtful(fixture: Fixture, rules: ScrubRules): readonly Doubtful[] {
  return [...doubtfulIn(asJson(fixture.exchanges), rules, 'exchanges', '')];
}
