// The thread of a deed of connecting. The token is in its memory alone, and gone with it.

import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Arrival, Arrivals } from '../../connect/arrival.js';
import { ConnectError } from '../../connect/connection.js';
import type { PlannedConnection } from '../../connect/tasks.js';
import { Concealer } from './conceal.js';
import { keysIn } from './keys-in.js';
import type { ConnectOrder, FromThread, ThreadData, ToThread } from './messages.js';
import type { ConnectVerb } from './shapes.js';
import { openWay } from './ways.js';

/** Waits for the next message of a kind; there is one that is waited for at a time. */
async function heard<Kind extends ToThread['is']>(
  port: MessagePort,
  kind: Kind,
): Promise<Extract<ToThread, { readonly is: Kind }>> {
  for (;;) {
    const [message]: ToThread[] = await once(port, 'message');
    if (message?.is === kind) return message as Extract<ToThread, { readonly is: Kind }>;
  }
}

async function run(port: MessagePort, { order, place }: ThreadData, concealer: Concealer): Promise<void> {
  const tell = (message: FromThread) => port.postMessage(concealer.conceal(message));
  const arrivals: Arrivals = {
    async expect({ signal: _, ...event }, send): Promise<Arrival> {
      const watched = heard(port, 'watched');
      tell({ is: 'expect', event });
      await watched;
      const arrival = heard(port, 'arrival');
      await send();
      return (await arrival).arrival;
    },
  };
  const doIt = async (connection: PlannedConnection, verb: ConnectVerb) => {
    const report = (one: Extract<FromThread, { readonly is: 'report' }>['report']) =>
      tell({ is: 'report', report: one });
    if (verb === 'plan') tell({ is: 'planned', steps: await connection.plan() });
    else if (verb === 'planUndo') tell({ is: 'planned', steps: await connection.planUndo() });
    else if (verb === 'apply') await connection.apply(report);
    else if (verb === 'undo') await connection.undo(report);
  };
  const way = await openWay(order, { ...place, arrivals });
  if (way.consent !== undefined) {
    const { url, state, finish } = way.consent;
    const consent = heard(port, 'consent');
    tell({ is: 'consent', url, state });
    const { connection, secrets } = await finish(new URLSearchParams((await consent).query));
    concealer.add(secrets);
    await doIt(connection, 'plan');
    const go = heard(port, 'go');
    tell({ is: 'ready' });
    await doIt(connection, (await go).verb);
  } else if (order.way !== 'oauth') {
    if (order.asked.verb === 'look') tell({ is: 'found', found: await way.look() });
    else await doIt(await way.connection(), order.asked.verb);
  }
  tell({ is: 'done' });
}

function secretsOf({ way, asked }: ConnectOrder): readonly string[] {
  if (way === 'oauth') return [asked.clientSecret];
  if (way === 'rudderstack') return keysIn(asked.config);
  return [asked.token];
}

async function main(port: MessagePort): Promise<void> {
  const data = workerData as ThreadData;
  const concealer = new Concealer(secretsOf(data.order));
  try {
    await run(port, data, concealer);
  } catch (error) {
    const failed: FromThread =
      error instanceof ConnectError
        ? { is: 'failed', code: error.code, message: error.message }
        : { is: 'failed', code: 'fault', message: '', detail: String(error instanceof Error ? error.stack : error) };
    port.postMessage(concealer.conceal(failed));
  }
}

if (parentPort !== null) void main(parentPort);
