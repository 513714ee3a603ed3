// Compares the calls that left the plugin with those that a fixture expects.

import { parseJson } from '../base/json.js';
import type { ReceivedCall } from './call-desk.js';
import { asJson, type FixtureCall, type FixtureReply, type Json } from './fixture.js';
import { compare, type Difference, type MatchContext } from './match.js';
import { isFields, type JsonFields } from './placeholders.js';

/** The lists whose members may come in any number of requests. */
const JOINED = ['events', 'batch'] as const;

/** The path of a segment of the Console API, and the empty part before the first slash. */
const LIST_PARTS = 5;

/** What came and what should come at one destination. */
interface Destination {
  readonly expected: readonly FixtureCall[];
  readonly actual: readonly ReceivedCall[];
}

/** Method and path, without keys, which are in the headers that a fixture expects; of the Console API the list, whose calls are in order whatever they do. */
function placeOf({ to, method, path }: Pick<FixtureCall, 'to' | 'method' | 'path'>): string {
  return to === 'console' ? `${to} ${path.split('/').slice(0, LIST_PARTS).join('/')}` : `${to} ${method} ${path}`;
}

/** Calls by where they go, and, at Statsig's, by the key. */
function keyOf(headers: Readonly<Record<string, unknown>> | undefined): string {
  const named = Object.entries(headers ?? {}).find(([name]) => /^(?:statsig-api-key|authorization)$/i.test(name));
  return named === undefined ? '' : String(named[1]);
}

/** The calls of each destination, in order. A fixture that does not say the key of a place means all of its keys. */
function byDestination(expected: readonly FixtureCall[], actual: readonly ReceivedCall[]): Map<string, Destination> {
  const keyed = new Set(expected.filter(({ headers }) => keyOf(headers) !== '').map(placeOf));
  const nameOf = (call: FixtureCall | ReceivedCall) => {
    const place = placeOf(call);
    return keyed.has(place) ? `${place} ${keyOf(call.headers)}` : place;
  };
  const destinations = new Map<string, { expected: FixtureCall[]; actual: ReceivedCall[] }>();
  const at = (name: string) => {
    const there = destinations.get(name) ?? { expected: [], actual: [] };
    destinations.set(name, there);
    return there;
  };
  for (const call of expected) at(nameOf(call)).expected.push(call);
  for (const call of actual) at(nameOf(call)).actual.push(call);
  return destinations;
}

function joinedList(body: Json | undefined): (typeof JOINED)[number] | undefined {
  return isFields(body) ? JOINED.find((name) => Array.isArray(body[name])) : undefined;
}

function membersOf(body: Json | undefined): readonly Json[] | undefined {
  const name = joinedList(body);
  return name === undefined ? undefined : ((body as JsonFields)[name] as readonly Json[]);
}

/** False where a reply says that the requests themselves matter. */
function isJoined({ expected }: Destination): boolean {
  return expected.every(({ reply, body }) => reply === undefined && membersOf(body) !== undefined);
}

function bodyOf({ text }: ReceivedCall): Json | undefined {
  return text === '' ? undefined : (parseJson(text, false) as Json | undefined);
}

/** How many calls or events are still to come; below 0: so many too many. */
function lackOf(destination: Destination): number {
  const { expected, actual } = destination;
  if (!isJoined(destination)) return expected.length - actual.length;
  const count = (bodies: readonly (Json | undefined)[]) =>
    bodies.reduce<number>((sum, body) => sum + (membersOf(body)?.length ?? 1), 0);
  return count(expected.map(({ body }) => body)) - count(actual.map(bodyOf));
}

/** True when as much has come as is expected, or more. */
export function hasAllCalls(expected: readonly FixtureCall[], actual: readonly ReceivedCall[]): boolean {
  return [...byDestination(expected, actual).values()].every((destination) => lackOf(destination) <= 0);
}

/** What the fixture expects at this place. @param before calls of the exchange that came before */
export function expectedOf(
  call: ReceivedCall,
  expected: readonly FixtureCall[],
  before: readonly ReceivedCall[],
): FixtureCall | undefined {
  for (const there of byDestination(expected, [...before, call]).values()) {
    const index = there.actual.indexOf(call);
    if (index !== -1) return there.expected[index];
  }
  return undefined;
}

function compareHeaders(expected: FixtureCall['headers'], actual: ReceivedCall, where: string, context: MatchContext) {
  return Object.entries(expected ?? {}).flatMap(([name, value]) => {
    const there = actual.headers[name.toLowerCase()];
    const text = there === undefined ? undefined : String(there);
    return compare(value ?? undefined, text, `${where}.headers.${name}`, context);
  });
}

/** Ids of a list are a set. */
function expectedBody({ to, body }: FixtureCall): Json | undefined {
  if (to !== 'console' || !isFields(body) || !Array.isArray(body.ids)) return body;
  return { ...body, ids: { '{{anyOrder}}': body.ids } };
}

/** What a receiver refuses may break its rules: the fixture says that it is called so. */
function isRefused(reply: FixtureReply | undefined): boolean {
  return reply?.status !== undefined && reply.status >= 400 && reply.status < 500;
}

function compareCall(expected: FixtureCall, actual: ReceivedCall, where: string, context: MatchContext): Difference[] {
  const ofBody =
    expected.bodyString !== undefined
      ? compare(expected.bodyString, actual.text, `${where}.bodyString`, context)
      : compare(expectedBody(expected), bodyOf(actual), `${where}.body`, context);
  const ofRules = (isRefused(expected.reply) ? [] : (actual.problems ?? [])).map(
    (problem): Difference => ({
      where: `${where}.rules of the receiver`,
      expected: undefined,
      actual: problem,
    }),
  );
  return [
    ...compare(`${expected.method} ${expected.path}`, `${actual.method} ${actual.path}`, where, context),
    ...compareHeaders(expected.headers, actual, where, context),
    ...ofBody,
    ...ofRules,
  ];
}

function withMembers(body: Json | undefined, members: readonly Json[]): Json | undefined {
  const name = joinedList(body);
  return name === undefined ? body : { ...(body as JsonFields), [name]: members };
}

/** Compares what all requests hold together, and of each what stands beside it. */
function compareJoined({ expected, actual }: Destination, where: string, context: MatchContext): Difference[] {
  const [first] = expected;
  if (first === undefined) return [];
  const whole = withMembers(
    first.body,
    expected.flatMap(({ body }) => membersOf(body) ?? []),
  );
  const all = actual.flatMap((call) => membersOf(bodyOf(call)) ?? []);
  return actual.flatMap((call, index) => {
    const body = withMembers(bodyOf(call), index === 0 ? all : []);
    const text = body === undefined ? '' : JSON.stringify(body);
    const wanted = index === 0 ? whole : withMembers(first.body, []);
    const headers = Object.fromEntries(
      Object.entries(first.headers ?? {}).filter(([name]) => !/^statsig-event-count$/i.test(name)),
    );
    return compareCall(
      { ...first, headers, ...(wanted !== undefined && { body: wanted }) },
      { ...call, text },
      `${where}[${index}]`,
      context,
    );
  });
}

const shown = ({ headers: _, problems: __, text, ...call }: ReceivedCall): Json => ({
  ...call,
  body: (parseJson(text, false) as Json | undefined) ?? text,
});
const asked = ({ reply: _, ...call }: FixtureCall): Json => asJson(call);

/** What is not as expected. @param where begins the place of each difference */
export function compareCalls(
  expected: readonly FixtureCall[],
  actual: readonly ReceivedCall[],
  where: string,
  context: MatchContext,
): Difference[] {
  return [...byDestination(expected, actual)].flatMap(([place, destination]) => {
    const at = `${where} ${place}`;
    const { expected: wanted, actual: came } = destination;
    if (wanted.length > 0 && came.length > 0 && isJoined(destination)) return compareJoined(destination, at, context);
    return Array.from({ length: Math.max(wanted.length, came.length) }, (_, index): Difference[] => {
      const one = wanted[index];
      const other = came[index];
      if (one !== undefined && other !== undefined) return compareCall(one, other, `${at}[${index}]`, context);
      return [{ where: `${at}[${index}]`, expected: one && asked(one), actual: other && shown(other) }];
    }).flat();
  });
}
