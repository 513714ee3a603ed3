// The row about one very large body: how long other connections go without an answer meanwhile.

import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRequest } from './forms.js';
import { measure } from './measure.js';
import type { Row } from './row.js';
import { type Server, startFloor, startOurs } from './servers.js';
import { percentile, spreadOf, spreadText } from './spread.js';

const BODY_BYTES = 50_000_000;
const GOAL_MS = 250;
/** Before the body, so that the connections are open and the server is warm. */
const LEAD_MS = 300;
/** The others ask this long from then on: longer than the body takes. */
const PATIENCE_MS = 3_000;
/** The other connections ask for one event each, again and again. */
const OTHERS = { form: 'processor', content: 'mixed', eventsPerCall: 1, connections: 8, pauseMs: 2 } as const;

function makeLargeRequest() {
  const sampleEvents = 100;
  const sample = makeRequest('processor', 'mixed', sampleEvents, 1).body.bytes.length;
  return makeRequest('processor', 'mixed', Math.round((BODY_BYTES / sample) * sampleEvents), 1);
}

/** @returns milliseconds until the whole answer was there */
async function post(port: number, { path, headers, body }: ReturnType<typeof makeRequest>): Promise<number> {
  const start = performance.now();
  const outgoing = request({ host: '127.0.0.1', port, method: 'POST', path, headers, agent: false });
  outgoing.end(body.bytes);
  const [response] = await once(outgoing, 'response');
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`the large body was answered ${response.statusCode}`);
  return performance.now() - start;
}

export const largeBodyRow: Row = {
  id: 'large-body',
  title: `One body of ${BODY_BYTES / 1e6} MB: the longest that another connection waits for an answer`,
  async run(bench) {
    const { directory, rounds } = bench.options;
    const large = makeLargeRequest();
    const servers: readonly (readonly [string, Server])[] = [
      ['ours', await startOurs({ directory })],
      ['floor', await startFloor({ directory })],
    ];
    const stalls = new Map<string, number[]>();
    const answered = new Map<string, number[]>();
    const put = (map: Map<string, number[]>, name: string, value: number) =>
      map.set(name, [...(map.get(name) ?? []), value]);
    try {
      // The first one warms up.
      for (let round = -1; round < rounds; round += 1) {
        for (const [name, server] of servers) {
          large.body.renewIds();
          const posted = sleep(LEAD_MS).then(() => post(server.port, large));
          const { seen } = await measure(bench, server, { ...OTHERS, seconds: (LEAD_MS + PATIENCE_MS) / 1000 });
          const ms = await posted;
          if (ms > PATIENCE_MS)
            console.log(`  ${name}: the body took ${ms.toFixed(0)} ms, longer than the others asked`);
          if (round < 0) continue;
          put(stalls, name, percentile(seen.latenciesMs, 1));
          put(answered, name, ms);
        }
      }
    } finally {
      for (const [, server] of servers) await server.close();
    }
    for (const [name] of servers)
      console.log(
        `  ${name.padEnd(22)}  longest wait ${spreadText(spreadOf(stalls.get(name) ?? []), 0)} ms, the large body itself ${spreadText(spreadOf(answered.get(name) ?? []), 0)} ms`,
      );
    const stall = spreadOf(stalls.get('ours') ?? []);
    return [
      {
        goal: `longest wait <= ${GOAL_MS} ms`,
        measured: `${spreadText(stall, 0)} ms`,
        reached: stall.median <= GOAL_MS,
      },
    ];
  },
};
