// Plays fixtures against the scripts, and says of each whether it does what the server does.

import { parseJson } from '../../src/base/json.js';
import type { ReceivedCall } from '../../src/contract/call-desk.js';
import { compareCalls, expectedOf } from '../../src/contract/compare-calls.js';
import { fillSettings } from '../../src/contract/fill-settings.js';
import { asJson, type Fixture, type FixtureExchange, type Json } from '../../src/contract/fixture.js';
import { compare, type Difference, type MatchContext } from '../../src/contract/match.js';
import { fillJson, isFields, type JsonFields } from '../../src/contract/placeholders.js';
import { yesTo } from '../../src/contract/receivers.js';
import { createValues, type ReceiverUrls } from '../../src/contract/values.js';
import { buildLogEventRequest, convertInbound, parseSettings } from '../../src/convert.js';
import type { BatchStatus } from '../../src/functions/outcome.js';
import { withDocument } from '../../src/functions/scripts.js';
import {
  type Answer,
  type Asked,
  globalsOfRudderStack,
  globalsOfSegment,
  intoRuntime,
  loadScript,
  webhookRequest,
} from './runtime.js';

/** Where requests go, as far as a script is told: nothing is sent. */
const URLS: ReceiverUrls = {
  statsig: 'https://statsig.example',
  console: 'https://console.example',
  segment: 'https://segment.example',
  rudderstack: 'https://rudderstack.example',
  upstream: 'https://upstream.example',
};

/** Milliseconds by which a time of receipt may differ. */
const SLACK_MS = 60_000;

/** A fixture with the values of one run. */
interface Filled {
  readonly document: JsonFields;
  readonly exchanges: readonly FixtureExchange[];
  readonly context: MatchContext;
}

function fill(fixture: Fixture): Filled {
  const values = createValues(URLS);
  const now = Date.now();
  const [document = {}] = fillSettings(fixture, values, URLS);
  const exchanges = fillJson(asJson(fixture.exchanges), values.at(now)) as unknown as readonly FixtureExchange[];
  return { document, exchanges, context: { received: { from: now - SLACK_MS, to: now + SLACK_MS }, ids: new Map() } };
}

/** The document without what is of the server's senders and keys. */
function withoutKeys({
  secretKey: _,
  consoleKey: __,
  segment: ___,
  trackingApi: ____,
  ...rest
}: JsonFields): JsonFields {
  const { outbound } = rest;
  if (!isFields(outbound)) return rest;
  const { signingSecrets: _____, targets, ...plain } = outbound;
  const names = Array.isArray(targets)
    ? targets.flatMap((each: Json) => (isFields(each) ? [{ name: each.name ?? '' }] : []))
    : [];
  return { ...rest, outbound: { ...plain, ...(names.length > 0 && { targets: names }) } };
}

/** The body as the function is given it. */
function bodyOf({ request }: FixtureExchange): Json | undefined {
  if (request.bodyString === undefined) return request.body;
  return parseJson(request.bodyString) as Json | undefined;
}

function received({ url, method, headers, body }: Asked): ReceivedCall {
  const to = url.startsWith(URLS.console) ? 'console' : 'statsig';
  const small = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { to, method, path: url.slice(URLS[to].length), headers: small, text: body };
}

function handlerOf(event: Json | undefined): string {
  const type = isFields(event) && typeof event.type === 'string' ? event.type.toLowerCase() : '';
  return `on${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}

/** How many events the server rejects of an exchange: those that are wrong, not those that are filtered. */
function rejectedBy({ response: { body } }: FixtureExchange): number | undefined {
  return isFields(body) && Array.isArray(body.rejected) ? body.rejected.length : undefined;
}

/** What a receiver answers: what the fixture says, else its yes. */
function answerTo(call: ReceivedCall, exchange: FixtureExchange | undefined, before: readonly ReceivedCall[]): Answer {
  const reply = { ...yesTo(call), ...expectedOf(call, exchange?.calls ?? [], before)?.reply };
  if (reply.reset) return { fails: 'ECONNRESET' };
  return { status: reply.status ?? 200, body: reply.bodyString ?? reply.body };
}

/** The Destination Function against what the server does with Segment's webhook. */
export async function playSegment(script: string, fixture: Fixture): Promise<readonly Difference[]> {
  const { document, exchanges, context } = fill(fixture);
  let came: ReceivedCall[] = [];
  let exchange: FixtureExchange | undefined;
  const runtime = loadScript(withDocument(script, withoutKeys(document)), {
    globals: globalsOfSegment(),
    answer(asked) {
      const call = received(asked);
      const answer = answerTo(call, exchange, came);
      came.push(call);
      return answer;
    },
  });
  const settings = intoRuntime(runtime, {
    statsigKey: document.secretKey ?? '',
    consoleKey: document.consoleKey ?? '',
  });
  const differences: Difference[] = [];
  for (const [index, each] of exchanges.entries()) {
    exchange = each;
    came = [];
    const body = bodyOf(each);
    const where = `exchanges[${index}]`;
    if (Array.isArray(body)) {
      const statuses = (await runtime.call('onBatch', intoRuntime(runtime, body), settings)) as readonly BatchStatus[];
      differences.push(...compare(body.length, statuses.length, `${where}.statuses.length`, context));
      const wrong = statuses.filter(
        ({ status, errormessage = '' }) => status === 400 && !errormessage.startsWith('Statsig has nothing'),
      );
      const rejected = rejectedBy(each);
      if (rejected !== undefined) differences.push(...compare(rejected, wrong.length, `${where}.rejected`, context));
    } else await callQuietly(() => runtime.call(handlerOf(body), intoRuntime(runtime, body), settings));
    differences.push(...compareCalls(each.calls ?? [], came, `${where}.calls`, context));
  }
  return differences;
}

/** The settings of an event of rudder-server: those of the Config over those of the document. */
function settingsOf(document: JsonFields, element: JsonFields): JsonFields {
  const { destination } = element;
  const config = isFields(destination) && isFields(destination.Config) ? destination.Config : {};
  const { rudderstack: _, ...plain } = document;
  return { ...plain, ...config };
}

/** The Destination Function against the modules of the server, with the events that hold the rules of conversion. */
export async function playConversion(script: string, fixture: Fixture): Promise<readonly Difference[]> {
  const { document, exchanges, context } = fill(fixture);
  const differences: Difference[] = [];
  for (const { request } of exchanges) {
    for (const element of request.body as readonly JsonFields[]) {
      const settings = { ...settingsOf(document, element), secretKey: 'key-of-the-test' };
      const event = element.message ?? null;
      const workspace = parseSettings(settings);
      const result = convertInbound(event, workspace, { isProven: true });
      const runtime = loadScript(withDocument(script, withoutKeys(settings)), { globals: globalsOfSegment() });
      const given = intoRuntime(runtime, { statsigKey: 'key-of-the-test' });
      const statuses = (await runtime.call('onBatch', intoRuntime(runtime, [event]), given)) as readonly BatchStatus[];
      const isWrong = result.kind === 'invalid' || (result.kind === 'filtered' && result.reason === 'unsupported_type');
      differences.push(...compare(isWrong ? 400 : 200, statuses[0]?.status, 'status', context));
      const expected = result.kind === 'event' ? [timeless(buildLogEventRequest([result], workspace).body, event)] : [];
      differences.push(
        ...compare(
          expected,
          runtime.asked.map(({ body }) => timeless(body, event)),
          'requests',
          context,
        ),
      );
    }
  }
  return differences;
}

/** An event that says no time has that of its receipt. */
function timeless(body: string, event: Json): Json {
  const posted = JSON.parse(body);
  const [first] = posted.events;
  if (isFields(event) && Math.abs(first.time - Date.now()) < SLACK_MS) first.time = 'now';
  return posted;
}

/** Functions throw for what the server answers with 400; what it threw is another test's matter. */
async function callQuietly(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!/^(?:InvalidEventPayload|EventNotSupported|ValidationError)$/.test((error as Error).name)) throw error;
  }
}

/** What Segment's SDK of the server adds to every event. */
function withoutSdk(event: Json): Json {
  if (!isFields(event)) return event;
  const { _metadata: _, ...rest } = event;
  return rest;
}

/** The calls that the first target gets. */
function expectedCalls(exchange: FixtureExchange, target: Json | undefined): readonly Json[] {
  return (exchange.calls ?? []).flatMap(({ to, body }) => {
    if (to !== 'segment' || !isFields(body) || !Array.isArray(body.batch)) return [];
    return target === undefined || body.writeKey === target ? body.batch.map(withoutSdk) : [];
  });
}

/** The Source Function against what the server does with Statsig's webhook. */
export async function playStatsig(script: string, fixture: Fixture): Promise<readonly Difference[]> {
  const { document, exchanges, context } = fill(fixture);
  const outbound = isFields(document.outbound) ? document.outbound : {};
  const [target] = Array.isArray(outbound.targets) ? outbound.targets : [];
  const runtime = loadScript(withDocument(script, withoutKeys(document)), { globals: globalsOfSegment() });
  const settings = intoRuntime(runtime, { secret: 'shown' });
  const differences: Difference[] = [];
  for (const [index, exchange] of exchanges.entries()) {
    const before = runtime.tracked.length;
    const request = webhookRequest(runtime, bodyOf(exchange), { query: { secret: 'shown' } });
    await callQuietly(() => runtime.call('onRequest', request, settings));
    const expected = expectedCalls(exchange, isFields(target) ? target.writeKey : undefined);
    differences.push(
      ...compare(expected, runtime.tracked.slice(before) as Json[], `exchanges[${index}].tracked`, context),
    );
  }
  return differences;
}

/** The transformation against what the server answers rudder-server's processor. */
export async function playRudderStack(script: string, fixture: Fixture): Promise<readonly Difference[]> {
  const { document, exchanges, context } = fill(fixture);
  const differences: Difference[] = [];
  for (const [index, exchange] of exchanges.entries()) {
    const elements = bodyOf(exchange);
    const answers = exchange.response.body;
    if (!Array.isArray(elements) || !Array.isArray(answers)) throw new TypeError('The fixture is of another form.');
    for (const [at, element] of elements.entries()) {
      const where = `exchanges[${index}].events[${at}]`;
      const { message = null } = element as JsonFields;
      const settings = settingsOf(document, element as JsonFields);
      const runtime = loadScript(withDocument(script, withoutKeys(settings)), { globals: globalsOfRudderStack() });
      const answer = answers[at] as JsonFields;
      let made: Json | undefined;
      try {
        made = (await runtime.call('transformEvent', intoRuntime(runtime, message))) as Json;
      } catch (error) {
        differences.push(...compare(answer.statusCode, 400, `${where}: ${(error as Error).message}`, context));
        continue;
      }
      const plain = JSON.parse(JSON.stringify(made)) as Json;
      if (!isFields(plain)) {
        differences.push(...compare(answer.statusCode, 298, `${where}.statusCode`, context));
        continue;
      }
      const output = isFields(answer.output) && isFields(answer.output.body) ? answer.output.body.JSON : undefined;
      const { type: _, messageId: __, ...posted } = plain;
      differences.push(...compare(output, posted, `${where}.posted`, context));
    }
  }
  return differences;
}
