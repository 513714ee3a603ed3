// One real event through rudder-server, by the write key of a source of the export.

import { randomUUID } from 'node:crypto';
import { hostOf } from '../../call/http-request.js';
import type { Arrival, Arrivals } from '../arrival.js';
import { ConnectError } from '../connection.js';
import { pauseFor } from '../patient-call.js';
import type { Step } from '../step.js';
import type { Task, TaskEnd } from '../tasks.js';
import { sendTestTrack, TEST_EVENT } from '../test-track.js';
import type { ConnectRudderStackOptions } from './options.js';
import type { Inventory, RudderSource, StatsigDestination } from './workspace-config.js';

/** rudder-server reads its configuration every five seconds, and collects events for some. */
const PATIENCE_MS = 60_000;

/** Events that are sent at most, and the milliseconds between. */
const TRIES = 5;
const PAUSE_MS = 2_000;

/** A source that takes events of SDKs, and a claimed destination of it. */
interface Way {
  readonly source: RudderSource & { readonly writeKey: NonNullable<RudderSource['writeKey']> };
  readonly destination: StatsigDestination;
  readonly documentId: string;
}

function findWay({ sources, destinations }: Inventory, documentOf: ReadonlyMap<string, string>): Way | undefined {
  const byId = new Map(destinations.map((destination) => [destination.id, destination]));
  for (const source of sources) {
    const { writeKey } = source;
    if (!source.isEnabled || source.category !== '' || writeKey === undefined) continue;
    for (const id of source.destinations) {
      const [destination, documentId] = [byId.get(id), documentOf.get(id)];
      if (destination !== undefined && documentId !== undefined)
        return { source: { ...source, writeKey }, destination, documentId };
    }
  }
  return undefined;
}

function toEnd(arrival: Arrival, { documentId }: Way, dataPlaneUrl: string): TaskEnd {
  switch (arrival.kind) {
    case 'arrived': {
      const { outcome, workspace, note } = arrival;
      const what = [outcome, note].filter((text) => text !== undefined).join(', ');
      if (workspace !== documentId)
        throw new ConnectError(
          'settings',
          `The test event arrived (${what}), and not for the workspace ${documentId}: the process has not read these settings. Does its STATSIG_CDP_SETTINGS name them?`,
        );
      if (outcome.startsWith('failed'))
        throw new ConnectError('refused', `The test event arrived, and failed: ${what}.`);
      return { result: 'done', problem: `It arrived: ${what}.` };
    }
    case 'no-process':
      return { result: 'by-hand', problem: `The test event was taken by ${hostOf(dataPlaneUrl)}. ${arrival.note}` };
    case 'refused':
      throw new ConnectError('refused', `A request of rudder-server's was refused: ${arrival.note}`);
    case 'nothing':
      throw new ConnectError(
        'unavailable',
        `${hostOf(dataPlaneUrl)} took the test event, and it has not come here: is DEST_TRANSFORM_URL of rudder-server the address of statsig-cdp, and was rudder-server restarted?`,
      );
  }
}

/** How events are sent. */
interface Sending {
  readonly dataPlaneUrl: string;
  readonly integrations: Readonly<Record<string, boolean>>;
  readonly signal: AbortSignal | undefined;
  readonly pause: typeof pauseFor;
}

/** Sends events, until one comes that the document has: a process reads changed settings within some seconds. */
async function sendUntilClaimed(
  arrivals: Arrivals,
  way: Way,
  { dataPlaneUrl, integrations, signal, pause }: Sending,
): Promise<TaskEnd> {
  const { source, documentId } = way;
  for (let tries = 1; ; tries += 1) {
    const messageId = `statsig-cdp-${randomUUID()}`;
    const send = () => sendTestTrack({ url: dataPlaneUrl, writeKey: source.writeKey, messageId, integrations, signal });
    const expected = { workspace: documentId, protocol: 'rudderstack', messageId, timeoutMs: PATIENCE_MS };
    const arrival = await arrivals.expect({ ...expected, ...(signal && { signal }) }, send);
    const isEarly = arrival.kind === 'arrived' && arrival.workspace !== documentId;
    if (!isEarly || tries === TRIES) return toEnd(arrival, way, dataPlaneUrl);
    await pause(PAUSE_MS, signal).catch(() => {});
  }
}

/** @param documentOf by ids of destinations: the documents that claim them */
export function testTask(
  inventory: Inventory,
  documentOf: ReadonlyMap<string, string>,
  { arrivals, signal, pause = pauseFor }: ConnectRudderStackOptions,
  dataPlaneUrl: string,
): Task {
  const way = findWay(inventory, documentOf);
  const step: Step = {
    id: 'test-event',
    title: `Send one event through ${hostOf(dataPlaneUrl)}${way === undefined ? '' : `, by the source "${way.source.name}" to the destination "${way.destination.name}" alone`}, and see it arrive`,
    kind: 'call',
    state: 'to-do',
  };
  if (way === undefined) {
    const text =
      'No enabled source of SDK events in the export sends to a claimed destination: send an event yourself.';
    return { step: { ...step, kind: 'by-hand', byHand: [{ text }] } };
  }
  const { source, destination } = way;
  // Others' destinations are not to have it.
  const integrations = { All: false, [destination.displayName]: true };
  const call = { method: 'POST', url: `${dataPlaneUrl}/v1/track`, body: { event: TEST_EVENT, integrations } };
  async function run(): Promise<TaskEnd> {
    const told = { dataPlaneUrl, integrations, signal, pause };
    if (arrivals !== undefined && way !== undefined) return sendUntilClaimed(arrivals, way, told);
    const messageId = `statsig-cdp-${randomUUID()}`;
    await sendTestTrack({ url: dataPlaneUrl, writeKey: source.writeKey, messageId, integrations, signal });
    return { result: 'by-hand', problem: 'The test event was taken. Look for it in the live log.' };
  }
  return { step: { ...step, call }, run };
}
