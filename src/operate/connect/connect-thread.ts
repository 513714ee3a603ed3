// The thread of a deed of connecting. The token is in its memory alone, and gone with it.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Arrival, Arrivals } from '../../connect/arrival.js';
import { ConnectError } from '../../connect/connection.js';
import type { PlannedConnection } from '../../connect/tasks.js';
import { Concealer } from './conceal.js';
import { Inbox } from './inbox.js';
import { keysIn } from './keys-in.js';
import type { ConnectOrder, FromThread, ThreadData } from './messages.js';
import type { ConnectVerb } from './shapes.js';
import { type OpenWay, openWay } from './ways.js';

async function run(port: MessagePort, { order, place }: ThreadData, concealer: Concealer): Promise<void> {
  const inbox = new Inbox(port);
  const tell = (message: FromThread) => port.postMessage(concealer.conceal(message));
  const arrivals: Arrivals = {
    async expect({ signal: _, ...event }, send): Promise<Arrival> {
      tell({ is: 'expect', event });
      await inbox.take('watched');
      await send();
      return (await inbox.take('arrival')).arrival;
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
  /** Asks, plans, and waits to be told to go on: what was allowed stays in this thread. */
  const doByConsent = async (way: OpenWay) => {
    const asked = await way.consent?.();
    if (asked !== undefined) {
      tell({ is: 'consent', url: asked.url, state: asked.state });
      const query = new URLSearchParams((await inbox.take('consent')).query);
      concealer.add(query.getAll('code'));
      await asked.finish(query);
    }
    const connection = await way.connection();
    for (let verb: ConnectVerb = 'plan'; ; verb = (await inbox.take('go')).verb) {
      await doIt(connection, verb);
      if (verb === 'apply' || verb === 'undo') return;
      tell({ is: 'ready' });
    }
  };
  const way = openWay(order, { ...place, arrivals });
  if (order.way === 'oauth') await doByConsent(way);
  else if (order.asked.verb === 'look') tell({ is: 'found', found: await way.look() });
  else await doIt(await way.connection(), order.asked.verb);
  tell({ is: 'done' });
}

function secretsOf({ way, asked }: ConnectOrder): readonly string[] {
  if (way === 'oauth') return [asked.clientSecret];
  if (way === 'rudderstack') return keysIn(asked.config ?? '');
  if (way === 'statsig') return [asked.token ?? '', asked.signingSecret ?? ''];
  return [asked.token];
}

async function main(port: MessagePort): Promise<void> {
  const data = workerData as ThreadData;
  const concealer = new Concealer([...secretsOf(data.order), data.place.settingsToken ?? '']);
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
