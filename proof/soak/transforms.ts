// rudder-server's requests that are answered at once: processor, compacted, router and source transforms, each event answered exactly once.

import { makeRequest } from '../../bench/performance/forms.js';
import { mixedElements } from '../../testkit/rudderstack.js';
import { customEvent, webhook } from '../../testkit/sources.js';
import { makeTraffic, postTo, type Tally, type Traffic } from './traffic.js';

const EVENTS = 20;
const REST_MS = 10;

/** 298 is rudder-server's number for "filtered". */
const GOOD: ReadonlySet<unknown> = new Set([200, 298]);

interface Answered {
  readonly statusCode?: number;
  readonly metadata?: unknown;
}

function count(tally: Tally, events: number, answers: readonly Answered[], jobs: (answer: Answered) => number): void {
  tally.in += events;
  for (const answer of answers) {
    if (GOOD.has(answer.statusCode)) tally.out += jobs(answer);
    else tally.broken.push(`an event is answered ${JSON.stringify(answer).slice(0, 300)}`);
  }
}

async function answersOf(url: string, body: string | Uint8Array, headers?: Record<string, string>) {
  const { status, text } = await postTo(url, body, headers);
  if (status !== 200) throw new Error(`${status} ${text.slice(0, 300)}`);
  const answer: readonly Answered[] & { readonly output?: readonly Answered[] } = JSON.parse(text);
  return answer.output ?? answer;
}

function processor(url: string): Traffic {
  let job = 1;
  return makeTraffic('processor', REST_MS, async (tally) => {
    const body = JSON.stringify(mixedElements(EVENTS, job));
    job += EVENTS;
    count(tally, EVENTS, await answersOf(`${url}/v0/destinations/statsig`, body), () => 1);
  });
}

function compacted(url: string, seed: number): Traffic {
  const { path, headers, body } = makeRequest('compacted', 'mixed', EVENTS, seed);
  return makeTraffic('compacted', REST_MS, async (tally) => {
    body.renewIds();
    count(tally, EVENTS, await answersOf(url + path, body.bytes, { ...headers }), () => 1);
  });
}

function router(url: string, seed: number): Traffic {
  const { path, headers, body } = makeRequest('router', 'mixed', EVENTS, seed);
  return makeTraffic('router', REST_MS, async (tally) => {
    body.renewIds();
    const answers = await answersOf(url + path, body.bytes, { ...headers });
    count(tally, EVENTS, answers, ({ metadata }) => (Array.isArray(metadata) ? metadata.length : 0));
  });
}

function sources(url: string): Traffic {
  let made = 0;
  return makeTraffic('sources', REST_MS, async (tally) => {
    const events = Array.from({ length: EVENTS }, () => {
      made += 1;
      return customEvent(`soak-${made}`);
    });
    const { status, text } = await postTo(`${url}/v2/sources/statsig`, JSON.stringify([webhook(events)]));
    if (status !== 200) throw new Error(`${status} ${text.slice(0, 300)}`);
    const answers: readonly { readonly output?: { readonly batch: readonly unknown[] } }[] = JSON.parse(text);
    tally.in += EVENTS;
    tally.out += answers.reduce((sum, { output }) => sum + (output?.batch.length ?? 0), 0);
  });
}

/** All of them. @param url of the process */
export function transforms(url: string, seed: number): readonly Traffic[] {
  return [processor(url), compacted(url, seed), router(url, seed + 1), sources(url)];
}
