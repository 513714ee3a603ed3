// Opens what a worker of the benchmark works with, and delivers from it.

import { createLogger } from '../../src/base/logger.js';
import { Secret } from '../../src/base/secret.js';
import { openLevelOutbox } from '../../src/outbox/level-outbox.js';
import type { Delivery, Outbox, OutboxEvent } from '../../src/outbox/outbox.js';
import { openPostgresOutbox } from '../../src/outbox/postgres-outbox.js';
import { openBareTable } from './bare-table.js';
import type { WorkerTask } from './worker-contract.js';

/** Told of each claim that was settled: the lane, how many events, and how long the claim took. */
export type OnSettled = (lane: string, events: number, claimMs: number) => void;

/** What a worker works with. */
export interface WorkerEngine {
  append(events: readonly OutboxEvent[]): Promise<void>;
  /** Delivers all that comes, until the process ends. */
  consume(onSettled: OnSettled): void;
  /** Of the peer there is none. */
  readonly outbox: Outbox | undefined;
}

/** Events of a claim, and bytes. */
export const CLAIM_EVENTS = 500;
export const CLAIM_BYTES = 4 << 20;

/** After less than a full claim events gather for so long, in milliseconds. */
const GATHER_MS = 100;
const PEER_LOOPS = 2;

const DAY_MS = 86_400_000;
const COMMON = {
  maxBytes: 2 ** 36,
  isShared: () => true,
  deadLetters: { maxBytes: 2 ** 30, maxAgeMs: 30 * DAY_MS },
  maxAgeMs: 7 * DAY_MS,
  dedupeWindowMs: DAY_MS,
  log: createLogger('warn'),
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the outbox is busy it is asked again, as senders do. */
async function settleSurely(outbox: Outbox, deliveries: readonly Delivery[]): Promise<void> {
  for (;;) {
    try {
      await outbox.settle(deliveries.map((delivery) => ({ kind: 'delivered', delivery }) as const));
      return;
    } catch {
      await pause(GATHER_MS);
    }
  }
}

function overOutbox(outbox: Outbox): WorkerEngine {
  return {
    outbox,
    async append(events) {
      await outbox.append(events);
    },
    consume(onSettled) {
      const busy = new Set<string>();
      const again = new Set<string>();

      async function drain(lane: Parameters<Parameters<Outbox['onAppend']>[0]>[0]): Promise<void> {
        if (busy.has(lane)) {
          again.add(lane);
          return;
        }
        busy.add(lane);
        try {
          do {
            again.delete(lane);
            for (;;) {
              const begin = performance.now();
              const deliveries = await outbox.claim(lane, CLAIM_EVENTS, CLAIM_BYTES);
              const claimMs = performance.now() - begin;
              if (deliveries.length === 0) break;
              await settleSurely(outbox, deliveries);
              onSettled(lane, deliveries.length, claimMs);
              if (deliveries.length < CLAIM_EVENTS) await pause(GATHER_MS);
            }
          } while (again.has(lane));
        } finally {
          busy.delete(lane);
        }
      }

      const start = (lane: Parameters<typeof drain>[0]) => {
        drain(lane).catch((error: unknown) => console.error(error));
      };
      outbox.onAppend(start);
      for (const lane of outbox.lanes()) start(lane);
    },
  };
}

async function overBareTable({ url, schema }: WorkerTask): Promise<WorkerEngine> {
  const table = await openBareTable(url, schema);
  return {
    outbox: undefined,
    append: table.append,
    consume(onSettled) {
      async function loop(): Promise<void> {
        for (;;) {
          const begin = performance.now();
          const events = await table.deliver();
          if (events > 0) onSettled('all', events, performance.now() - begin);
          if (events < CLAIM_EVENTS) await pause(GATHER_MS);
        }
      }
      for (let index = 0; index < PEER_LOOPS; index += 1) loop().catch((error: unknown) => console.error(error));
    },
  };
}

/** Opens it. */
export async function openEngine(task: WorkerTask): Promise<WorkerEngine> {
  const { engine, directory, url, schema, leaseMs } = task;
  if (engine === 'bare') return overBareTable(task);
  if (engine === 'shared')
    return overOutbox(
      await openPostgresOutbox({ ...COMMON, url: new Secret(url), schema, leaseMs, turnOf: (lane) => lane }),
    );
  return overOutbox(await openLevelOutbox({ ...COMMON, directory, reserveBytes: 0, maxDedupeEntries: 5_000_000 }));
}
