// The row about the number of requests that Statsig gets for 1,000 events.

import { makeRequest } from './forms.js';
import type { Load } from './load-contract.js';
import type { Bench, Row } from './row.js';
import { startOurs } from './servers.js';
import { startStatsigSink } from './sinks.js';

const EVENTS = 1_000;
const GOAL_DIRECT = 3;
/** rudder-server's default for a call of the router transform. */
const JOBS_PER_CALL = 20;
const GOAL_ROUTER = 55;

/** Through the outbox: the requests that arrive at Statsig. */
async function countDirect(
  { generator, options }: Bench,
  load: Pick<Load, 'form' | 'eventsPerCall' | 'connections'>,
): Promise<number> {
  const statsig = await startStatsigSink();
  const server = await startOurs({ directory: options.directory, eventsUrl: statsig.url });
  try {
    await generator.make({ ...load, port: server.port, content: 'converted', calls: EVENTS / load.eventsPerCall });
    await statsig.until(EVENTS);
    return statsig.counts().requests;
  } finally {
    await server.close();
    await statsig.close();
  }
}

/** As much of an answer as is counted. */
interface Answer {
  readonly output: readonly { readonly batchedRequest?: object | readonly object[] }[];
}

async function ask(port: number, form: 'router' | 'processor', events: number, seed: number): Promise<string> {
  const { path, headers, body } = makeRequest(form, 'converted', events, seed);
  body.renewIds();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: body.bytes });
  return response.text();
}

/** Through rudder-server: the requests that it is told to make. */
async function countRouter({ options: { directory } }: Bench): Promise<number> {
  const server = await startOurs({ directory });
  let requests = 0;
  try {
    for (let call = 0; call < EVENTS / JOBS_PER_CALL; call += 1) {
      const { output }: Answer = JSON.parse(await ask(server.port, 'router', JOBS_PER_CALL, call));
      requests += output.flatMap(({ batchedRequest }) => batchedRequest ?? []).length;
    }
  } finally {
    await server.close();
  }
  return requests;
}

/** The stock transformer has the processor transform alone. */
async function countStock(port: number): Promise<number> {
  const output: readonly { readonly output?: object }[] = JSON.parse(await ask(port, 'processor', EVENTS, 1));
  return output.filter((entry) => entry.output !== undefined).length;
}

export const statsigRequestsRow: Row = {
  id: 'statsig-requests',
  title: `Requests to Statsig for ${EVENTS} events`,
  async run(bench) {
    const batches = await countDirect(bench, { form: 'batch', eventsPerCall: 100, connections: 8 });
    const singles = await countDirect(bench, { form: 'single', eventsPerCall: 1, connections: 64 });
    const router = await countRouter(bench);
    const { stock } = bench.options;
    console.log(`  direct, from batches of 100   ${batches}`);
    console.log(`  direct, from single events    ${singles}`);
    console.log(`  through rudder-server         ${router}`);
    if (stock !== undefined) console.log(`  stock                         ${await countStock(stock.port)}`);
    const direct = Math.max(batches, singles);
    return [
      { goal: `direct: <= ${GOAL_DIRECT}`, measured: String(direct), reached: direct <= GOAL_DIRECT },
      { goal: `through rudder-server: <= ${GOAL_ROUTER}`, measured: String(router), reached: router <= GOAL_ROUTER },
    ];
  },
};
