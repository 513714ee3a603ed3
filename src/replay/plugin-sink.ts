// Sends the events of an archive into a running plugin: what it answers 200 is on its disk.

import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../base/json.js';
import { Secret } from '../base/secret.js';
import { type Answered, callHttp } from '../call/http-call.js';
import { hostOf, UnsendableHeaderError } from '../call/http-request.js';
import { retryDelay } from '../dispatch/retry-policy.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { declaredRoute } from '../settings/declared-route.js';
import { WAYS, type Way } from './choice.js';
import { withFields } from './message-id.js';
import { ReplayError, ReplayStopped } from './replay-error.js';
import { type ChosenEvent, type Sink, type Step, valueOfEvent } from './step.js';

/** Where the plugin is, and what lets events in. */
export interface PluginAddress {
  /** Of its port for senders outside. */
  readonly url: string;
  /** Of events. */
  readonly writeKey: string | undefined;
  /** Of Statsig's events, and of changes of lists and deletions. */
  readonly workspace: string | undefined;
  /** The signing secret of Statsig's webhook; of Segment's events a header secret. */
  readonly secret: Secret | undefined;
}

/** How long it is tried without any success. */
const PATIENCE_MS = 600_000;

/** The same before the first success, where there is no answer at all: the address may be wrong. */
const FIRST_PATIENCE_MS = 30_000;

/** For one call, the answer included. */
const TIMEOUT_MS = 60_000;

/** Doubling the pause beyond this many tries makes it too long for somebody who waits. */
const MOST_DOUBLINGS = 5;

/** Characters of a foreign answer, which may be a web page. */
const MAX_QUOTED = 200;

/** Of a message that is the plugin's as it seems. */
const MAX_MESSAGE = 1_000;

/** A full outbox may be emptied sooner than it says. */
const LONGEST_PAUSE_MS = 60_000;

/** The route of each way, by protocol and name. */
const ROUTES: Readonly<Record<Way, readonly [protocol: string, name: string]>> = {
  event: ['trackingApi', 'import'],
  change: ['segment', 'events'],
  outbound: ['statsig', 'events'],
};

/** What an answer says of the events of its call. */
interface Summary {
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly JsonObject[];
}

function readSummary(text: string): Summary | undefined {
  const answer = parseJson(text);
  if (!isJsonObject(answer)) return undefined;
  const { accepted, duplicates, filtered, rejected } = answer;
  const areCounts = [accepted, duplicates, filtered].every((count) => typeof count === 'number');
  if (!areCounts || !Array.isArray(rejected)) return undefined;
  return {
    accepted: Number(accepted),
    duplicates: Number(duplicates),
    filtered: Number(filtered),
    rejected: rejected.filter(isJsonObject),
  };
}

/** Why a call is refused, in the plugin's words where they are its. */
function describeRefusal({ status, body }: Answered): { readonly code: string; readonly message: string } {
  const answer = parseJson(body);
  const of = isJsonObject(answer) ? answer : {};
  const code = of.code ?? of.error;
  return {
    code: typeof code === 'string' ? code : `HTTP_${status}`,
    message:
      typeof of.message === 'string'
        ? of.message.slice(0, MAX_MESSAGE)
        : `answered ${status}: ${body.slice(0, MAX_QUOTED)}`,
  };
}

const mayPass = ({ status, rest }: Answered) => rest !== 'none' || status === 408 || status === 429 || status >= 500;

/** Statuses of a body: one of its events may be to blame. */
const OF_BODY: ReadonlySet<number> = new Set([400, 403, 413, 422]);

/** @param signal stops it between two tries */
export function createPluginSink(address: PluginAddress, signal: AbortSignal): Sink {
  const { url, writeKey, workspace = '', secret } = address;
  const base = url.replace(/(?<!\/)\/+$/, '');
  let lastSuccess = performance.now();
  let isKnown = false;

  function urlOf(way: Way): string {
    const [protocol, name] = ROUTES[way];
    const path = declaredRoute(protocol, name)?.path;
    if (path === undefined) throw new ReplayError(`manifest.json declares no route ${protocol}.${name}.`);
    return `${base}${path.replace(':workspace', encodeURIComponent(workspace))}`;
  }

  function headersFor(way: Way, body: string): Readonly<Record<string, string | Secret>> {
    const headers = { 'content-type': 'application/json' };
    if (way === 'event')
      return { ...headers, authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` };
    if (secret === undefined) return headers;
    if (way === 'change') return { ...headers, authorization: new Secret(`Bearer ${secret.reveal()}`) };
    const timestamp = String(Date.now());
    const hmac = createHmac('sha256', secret.reveal()).update(`v0:${timestamp}:${body}`).digest('hex');
    return { ...headers, 'x-statsig-signature': `v0=${hmac}`, 'x-statsig-request-timestamp': timestamp };
  }

  function bodyOf(way: Way, events: readonly ChosenEvent[]): string {
    const texts = events.map(({ text, hasWriteKey }) =>
      way === 'event' && hasWriteKey ? withFields(text, { writeKey: writeKey ?? '' }) : text,
    );
    return way === 'event' ? `{"batch":[${texts.join(',')}]}` : `[${texts.join(',')}]`;
  }

  /** The answer to a call that was made until there was one. */
  async function call(way: Way, events: readonly ChosenEvent[]): Promise<Answered> {
    const body = bodyOf(way, events);
    for (let attempts = 1; ; attempts += 1) {
      if (signal.aborted) throw new ReplayStopped('Stopped.');
      const answer = await callHttp(
        { method: 'POST', url: urlOf(way), headers: headersFor(way, body), body },
        { timeoutMs: TIMEOUT_MS, maxResponseBytes: Number.POSITIVE_INFINITY },
      );
      if (answer.kind === 'answered' && !mayPass(answer)) {
        lastSuccess = performance.now();
        isKnown = true;
        return answer;
      }
      if (answer.kind === 'answered') isKnown = true;
      else if (!isKnown && performance.now() - lastSuccess > FIRST_PATIENCE_MS)
        throw new ReplayError(`No statsig-cdp answers at ${hostOf(base)}: ${answer.message}.`);
      if (performance.now() - lastSuccess > PATIENCE_MS) {
        const said = answer.kind === 'answered' ? describeRefusal(answer).message : answer.message;
        throw new ReplayStopped(`${hostOf(base)} has taken nothing for ${PATIENCE_MS / 60_000} minutes: ${said}`);
      }
      const retryAfter = answer.kind === 'answered' ? answer.retryAfter : undefined;
      const tries = Math.min(attempts, MOST_DOUBLINGS);
      const pause = retryDelay({ attempts: tries, retryAfter, now: Date.now(), random: Math.random });
      await sleep(Math.min(pause, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => {});
    }
  }

  function settle(events: readonly ChosenEvent[], summary: Summary, step: Step): void {
    step.tally.accepted += summary.accepted;
    step.tally.duplicates += summary.duplicates;
    step.tally.filter('by_the_plugin', summary.filtered);
    for (const { index, code, message } of summary.rejected) {
      const event = events[Number(index)];
      if (event === undefined) continue;
      const { file, line } = event;
      step.refuse({ file, line, code: String(code), message: String(message), event: valueOfEvent(event) });
    }
  }

  /** Halves what is refused as a whole, until the event to blame is alone. */
  async function send(way: Way, events: readonly ChosenEvent[], step: Step): Promise<void> {
    const answer = await call(way, events);
    const summary = answer.status === 200 ? readSummary(answer.body) : undefined;
    if (summary !== undefined) {
      settle(events, summary, step);
      return;
    }
    const { code, message } = describeRefusal(answer);
    if (answer.status === 200) throw new ReplayError(`What answers at ${hostOf(base)} is no statsig-cdp.`);
    if (!OF_BODY.has(answer.status) || code === 'SENDER_UNKNOWN')
      throw new ReplayError(`${hostOf(base)} refuses all: ${message}`);
    const [event] = events;
    if (events.length > 1) {
      const middle = events.length >> 1;
      await send(way, events.slice(0, middle), step);
      await send(way, events.slice(middle), step);
    } else if (event !== undefined)
      step.refuse({ file: event.file, line: event.line, code, message, event: valueOfEvent(event) });
  }

  return {
    worksWithValues: false,
    async take(step) {
      for (const way of WAYS) {
        const events = step.events.filter((event) => event.way === way);
        try {
          if (events.length > 0) await send(way, events, step);
        } catch (error) {
          if (error instanceof UnsendableHeaderError) throw new ReplayError(error.message);
          throw error;
        }
      }
    },
    finish: async () => ({}),
    close: async () => {},
  };
}
