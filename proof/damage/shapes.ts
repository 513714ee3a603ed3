// Makes outboxes of every shape to damage: in the log, in tables, compacted, closed well and killed; and knows what each holds.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { type LaneId, laneId, partsOfLane } from '../../src/outbox/lane-id.js';
import type { Outbox, OutboxEvent } from '../../src/outbox/outbox.js';
import { createRandom, type Random } from '../../testkit/random.js';
import { NOW, ORIGIN, openForDamage } from './open.js';

export const SHAPES = ['log', 'tables', 'compacted', 'killed'] as const;
export type Shape = (typeof SHAPES)[number];

/** An outbox on disk and what is in it, by messageId. */
export interface Filled {
  readonly shape: Shape;
  /** Holds the directory `outbox` and what lies beside it. */
  readonly root: string;
  readonly waiting: ReadonlyMap<string, string>;
  readonly dead: ReadonlyMap<string, string>;
  readonly delivered: ReadonlySet<string>;
  /** Of every event that it ever took. */
  readonly lanes: ReadonlyMap<string, LaneId>;
}

const LANES = [laneId('acme', 'statsig'), laneId('acme', 'segment'), laneId('shop', 'statsig')];

/** Runs of the process before the damage. */
const RUNS = { log: 1, tables: 4, compacted: 4, killed: 3 } as const satisfies Record<Shape, number>;

/** @param root made here */
export async function fillOutbox(shape: Shape, seed: number, root: string): Promise<Filled> {
  const random = createRandom(seed);
  const waiting = new Map<string, string>();
  const dead = new Map<string, string>();
  const delivered = new Set<string>();
  const lanes = new Map<string, LaneId>();
  const filled = { shape, waiting, dead, delivered, lanes };
  const making = `${root}.making`;
  const directory = join(making, 'outbox');
  let count = 0;
  for (let run = 0; run < RUNS[shape]; run += 1) {
    if (shape === 'compacted' && run === RUNS[shape] - 1) await compact(directory);
    const outbox = await openForDamage(directory);
    for (let group = 0; group < 8; group += 1) {
      const events = Array.from({ length: random.whole(1, 12) }, () => {
        count += 1;
        return makeEvent(random, `${shape}-${seed}-${count}`);
      });
      await outbox.append(events);
      for (const { messageId = '', workspaceId, target, payload } of events) {
        waiting.set(messageId, payload);
        lanes.set(messageId, laneId(workspaceId, target));
      }
      if (random.chance(0.6)) await settleSome(outbox, random, filled);
    }
    if (shape === 'killed' && run === RUNS[shape] - 1) cpSync(making, root, { recursive: true });
    await outbox.close();
  }
  if (shape !== 'killed') cpSync(making, root, { recursive: true });
  rmSync(making, { recursive: true });
  return { ...filled, root };
}

async function compact(directory: string): Promise<void> {
  const db = new ClassicLevel(directory);
  await db.compactRange('', '\uffff');
  await db.close();
}

function makeEvent(random: Random, messageId: string): OutboxEvent {
  const { workspaceId, target } = partsOfLane(LANES[random.whole(0, 2)] ?? laneId('acme', 'statsig'));
  // Some of it can be compressed, some not, and a few need several blocks.
  const length = random.chance(0.04) ? random.whole(20_000, 60_000) : random.whole(20, 400);
  const noise = Array.from({ length: random.chance(0.5) ? length : 10 }, () => random.whole(0, 35).toString(36)).join(
    '',
  );
  const payload = JSON.stringify({
    eventName: 'Order Completed',
    metadata: { id: messageId, noise, tail: 'x'.repeat(length) },
  });
  return { workspaceId, target, messageId, origin: ORIGIN, payload, acceptedAt: NOW };
}

async function settleSome(
  outbox: Outbox,
  random: Random,
  { waiting, dead, delivered }: { waiting: Map<string, string>; dead: Map<string, string>; delivered: Set<string> },
): Promise<void> {
  const lane = LANES[random.whole(0, 2)] ?? laneId('acme', 'statsig');
  const claimed = await outbox.claim(lane, random.whole(1, 8), 1_000_000);
  await outbox.settle(
    claimed.map((delivery) => {
      const kind = random.weighted({ delivered: 5, dead: 3, putBack: 2 });
      const id = delivery.messageId ?? '';
      if (kind === 'putBack') return { kind, delivery };
      waiting.delete(id);
      if (kind === 'delivered') {
        delivered.add(id);
        return { kind, delivery };
      }
      dead.set(id, delivery.payload);
      return { kind, delivery, reason: 'rejected', answer: 'no' };
    }),
  );
}
