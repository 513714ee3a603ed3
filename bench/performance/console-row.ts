// What the live log costs those who send: with no one who watches, and with one who watches everything; and what the page costs who watches.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processorSeconds } from '../../testkit/plugin-process.js';
import { serveSink } from './console-sink.js';
import { type Content, type FormName, type FreshRequest, makeRequest } from './forms.js';
import type { Row, Verdict } from './row.js';
import { type Server, startOurs } from './servers.js';
import { spreadOf, spreadText } from './spread.js';

const TOKEN = 'token-of-the-benchmark-0123456789';

/** Starts, as V8 compiles each process in its own way. */
const STARTS = 3;

/** Until what a block brought is delivered, in milliseconds. */
const DELIVERY_MS = 1_300;

/** Requests of one block, and how many at a time. */
interface Load {
  readonly name: string;
  readonly form: FormName;
  readonly content: Content;
  readonly events: number;
  readonly connections: number;
  readonly calls: number;
}

const LOADS: readonly Load[] = [
  { name: 'tracking-single', form: 'single', content: 'converted', events: 1, connections: 64, calls: 6_000 },
  { name: 'tracking-100', form: 'batch', content: 'converted', events: 100, connections: 16, calls: 300 },
  { name: 'processor-20', form: 'processor', content: 'mixed', events: 20, connections: 8, calls: 2_000 },
];

/** `off`: LIVE_LOG=off. */
type Watching = 'off' | 'nobody' | 'one';

const KINDS: readonly Watching[] = ['off', 'nobody', 'one'];

/** What may be lost of events per CPU-second. */
const MOST_LOST: Readonly<Record<Exclude<Watching, 'off'>, number>> = { nobody: 0.01, one: 0.05 };

interface Contender {
  readonly server: Server;
  /** Entries that the watcher was sent. */
  entries(): number;
  leave(): void;
}

async function startContender(kind: Watching, directory: string, eventsUrl: string): Promise<Contender> {
  const env = { ADMIN_TOKEN: TOKEN, ...(kind === 'off' && { LIVE_LOG: 'off' }) };
  const server = await startOurs({ directory, eventsUrl, env });
  if (kind !== 'one') return { server, entries: () => 0, leave: () => {} };
  const headers = { authorization: `Bearer ${TOKEN}` };
  const asked = get({ port: server.port, path: '/api/live/stream', headers });
  const [stream] = (await once(asked, 'response')) as [IncomingMessage];
  if (stream.statusCode !== 200) throw new Error(`the stream is answered ${stream.statusCode}`);
  let entries = 0;
  stream.setEncoding('latin1').on('data', (text: string) => {
    for (let at = text.indexOf('"id":"'); at !== -1; at = text.indexOf('"id":"', at + 1)) entries += 1;
  });
  stream.on('error', () => {});
  return { server, entries: () => entries, leave: () => asked.destroy() };
}

/** Processor seconds of a server for one block. */
async function block(
  { server: { port, pid } }: Contender,
  load: Load,
  requests: readonly FreshRequest[],
  agent: Agent,
) {
  if (pid === undefined) throw new Error('the process is not known');
  const before = processorSeconds(pid);
  let left = load.calls;
  const line = async () => {
    while (left > 0) {
      left -= 1;
      const fresh = requests[left % requests.length];
      if (fresh === undefined) throw new Error('there are no requests');
      fresh.body.renewIds();
      const body = Buffer.from(fresh.body.bytes);
      const headers = { ...fresh.headers, 'content-length': body.length };
      const asked = request({ port, agent, method: 'POST', path: fresh.path, headers });
      asked.end(body);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
      await once(answer.resume(), 'end');
    }
  };
  await Promise.all(Array.from({ length: load.connections }, line));
  // What came is on its way out a second later.
  await sleep(DELIVERY_MS);
  return processorSeconds(pid) - before;
}

/** Ratios of one load, in turn with one another: what `off` takes to what the others take. */
async function compare(load: Load, rounds: number, directory: string): Promise<Map<Watching, number[]>> {
  const ratios = new Map<Watching, number[]>(KINDS.map((kind) => [kind, []]));
  const sink = await serveSink();
  const requests = Array.from({ length: 20 }, (_, seed) => makeRequest(load.form, load.content, load.events, seed + 1));
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  try {
    for (let start = 0; start < STARTS; start += 1) {
      const contenders = new Map<Watching, Contender>();
      try {
        for (const kind of KINDS) contenders.set(kind, await startContender(kind, directory, sink.url));
        for (let round = -1; round < rounds; round += 1) {
          const seconds = new Map<Watching, number>();
          for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
            const contender = contenders.get(kind);
            if (contender !== undefined) seconds.set(kind, await block(contender, load, requests, agent));
          }
          // The first round warms up.
          if (round >= 0)
            for (const kind of KINDS) ratios.get(kind)?.push((seconds.get('off') ?? 0) / (seconds.get(kind) ?? 1));
        }
        const shown = contenders.get('one')?.entries() ?? 0;
        console.log(`  ${load.name}: start ${start + 1}, the watcher was sent ${shown} entries`);
      } finally {
        for (const { server, leave } of contenders.values()) {
          leave();
          await server.close();
        }
      }
    }
  } finally {
    agent.destroy();
    await sink.close();
  }
  return ratios;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The live log page in a browser, by the scenario that says what it measured. */
async function measurePage(): Promise<Verdict> {
  const goal = 'the page at 2,000 events/s: <= 50 ms a frame at p95, its heap flat';
  // The scenarios are built by their own command.
  const scenario = ['run', '--silent', 'e2e:console', '--', 'rate'];
  const child = spawn('npm', scenario, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  const text = Buffer.concat(chunks).toString();
  const found = /(\d+) ms a frame at p95.*heap ([\d.]+) → ([\d.]+) MB after (\d+) events/.exec(text);
  if (code !== 0 || found === null) return { goal, measured: text.trim().slice(0, 400), reached: undefined };
  const [measured, p95, before, after] = found;
  return { goal, measured, reached: Number(p95) <= 50 && Number(after) - Number(before) < 20 };
}

/** What the console costs. */
export const consoleRow: Row = {
  id: 'console',
  title: 'the live log with no one who watches and with one, against LIVE_LOG=off, by processor time; and the page',
  async run({ options: { rounds, directory } }) {
    const verdicts: Verdict[] = [];
    for (const load of LOADS) {
      const ratios = await compare(load, rounds, directory);
      for (const [kind, most] of Object.entries(MOST_LOST)) {
        const spread = spreadOf(ratios.get(kind as Watching) ?? []);
        const goal = `${load.name}, ${kind} watching, events per CPU-second: >= ${(1 - most).toFixed(2)} x off`;
        verdicts.push({ goal, measured: spreadText(spread, 3), reached: spread.median >= 1 - most });
      }
    }
    verdicts.push(await measurePage());
    return verdicts;
  },
};
