// Connects a source of Segment with this plugin, and Statsig's events with a source of Segment's.

import { isServiceUrl } from '../../settings/sources/location.js';
import { ConnectError } from '../connection.js';
import { removeSecretFile } from '../secret-files.js';
import { type OpenSettings, openSettings, settingsTask, undoSettingsTask } from '../settings-file.js';
import type { Step } from '../step.js';
import { createConnection, type PlannedConnection, type Task } from '../tasks.js';
import { findOutboundKind, findWebhookKind } from './catalog.js';
import { changesToConnect, changesToUndo, kindsToAdd } from './document.js';
import { findNamed, findOne, findOutbound, type OwnDestination } from './find.js';
import { type InboundState, inboundTasks } from './inbound-tasks.js';
import { type ConnectSegmentOptions, type MappedType, markerOf, slugOf, statsigUrl, webhookUrl } from './options.js';
import { type OutboundState, outboundTasks } from './outbound-tasks.js';
import { pickSource, shortName } from './pick-source.js';
import { SegmentRefusal } from './public-api.js';
import { awaitReach } from './reach.js';
import { ADDRESSES } from './region.js';
import {
  destinationPath,
  getSource,
  listAllDestinations,
  listDestinations,
  listSources,
  type SegmentDestination,
  type SegmentSource,
  sourcePath,
} from './resources.js';
import { placesOf, type SecretPlaces, secretTask } from './secrets.js';
import { sendTestEvent } from './test-event.js';

const TITLE = { id: 'settings', title: 'Write the settings document' };

/** @throws ConnectError where the workspace cannot take Segment's events */
function assertUsable({ workspace, value }: OpenSettings): void {
  if (value?.mode === 'webhook')
    throw new ConnectError(
      'settings',
      `The workspace ${workspace} has \`mode: webhook\`, which relays RudderStack's messages and takes no events of Segment's: use another workspace.`,
    );
}

/** What people should know before the settings are changed. */
function noteOf(
  { value = {} }: OpenSettings,
  options: ConnectSegmentOptions,
  places: SecretPlaces,
): string | undefined {
  const notes: string[] = [];
  const kinds = kindsToAdd(value);
  if (!kinds.includes('headerSecrets'))
    notes.push(
      `The senders of the workspace prove themselves by a signature alone, which covers the first event of a batch. Once all of them show a header secret, add segment.headerSecrets: [${places.header.reference}].`,
    );
  if (value.secretKey === undefined && options.secretKey === undefined)
    notes.push(
      'The workspace has no Statsig key: events are taken and not sent to Statsig. Name one: secretKey: env:NAME, or file:PATH (--secret-key).',
    );
  return notes.length === 0 ? undefined : notes.join(' ');
}

function defaultTypes({ value }: OpenSettings): readonly MappedType[] {
  const types = ['track', 'page', 'screen', 'group'] as const;
  return value?.consoleKey === undefined ? types : [...types, 'identify'];
}

/** The settings as they are to be when it is their turn: a write key that did not come is not named. */
async function connectSettingsTask(
  options: ConnectSegmentOptions,
  settings: OpenSettings,
  places: SecretPlaces,
  isExpected: boolean,
): Promise<Task> {
  const note = noteOf(settings, options, places);
  const title = { ...TITLE, ...(note !== undefined && { note }) };
  const taskWith = (withTarget: boolean) =>
    settingsTask(settings, title, changesToConnect(settings, options, places, withTarget));
  const planned = await taskWith(isExpected);
  const { run } = planned;
  if (run === undefined) return planned;
  return {
    step: planned.step,
    run: async () => {
      const hasKey = options.outbound && (await places.writeKey.read()) !== undefined;
      return hasKey === isExpected ? run() : (await taskWith(hasKey)).run?.();
    },
  };
}

function reachTask(options: ConnectSegmentOptions, places: SecretPlaces, isToDo: boolean): Task {
  const url = webhookUrl(options);
  const note = url.startsWith('https:') ? {} : { note: 'Segment posts to addresses that begin with https:// alone.' };
  return {
    step: {
      ...note,
      id: 'reach',
      title: `See that ${url} takes the secrets`,
      kind: 'wait',
      state: isToDo ? 'to-do' : 'there',
    },
    run: async () =>
      awaitReach({
        url,
        header: await places.header.read(),
        shared: await places.shared.read(),
        ...(options.signal !== undefined && { signal: options.signal }),
      }),
  };
}

function testTask(options: ConnectSegmentOptions, state: InboundState): Task {
  const { api, region, workspace, arrivals, signal } = options;
  const trackingUrl = options.trackingUrl ?? ADDRESSES[region].trackingUrl;
  const step: Step = {
    id: 'test-event',
    title: `Send a test event through the source "${shortName(state.source.name)}", and see it arrive`,
    kind: 'wait',
    state: 'to-do',
    call: { method: 'POST', url: `${trackingUrl}/v1/track` },
  };
  async function run() {
    if (state.isByHand && options.test !== 'always')
      return { result: 'by-hand', problem: 'Once the mapping is there: run this again with --test.' } as const;
    const { writeKeys } = state.source.writeKeys.length > 0 ? state.source : await getSource(api, state.source.id);
    const [writeKey] = writeKeys;
    if (writeKey === undefined)
      return {
        result: 'by-hand',
        problem:
          'The token may not see the write key of the source: send an event with the Event Tester of the destination.',
      } as const;
    return sendTestEvent({ trackingUrl, writeKey, workspace, arrivals, signal });
  }
  return { step, run };
}

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}

function outboundHint(options: ConnectSegmentOptions): Task {
  const byHand = [
    {
      text: 'In the Statsig console: Project Settings > Integrations > Generic Webhook, the URL:',
      paste: statsigUrl(options),
    },
    { text: 'Its signing secret, and whether events arrive: statsig-cdp connect statsig.' },
  ];
  const title = 'Have Statsig post its events: statsig-cdp connect statsig';
  return { step: { id: 'statsig-webhook', title, kind: 'by-hand', state: 'to-do', byHand } };
}

async function survey(options: ConnectSegmentOptions): Promise<readonly Task[]> {
  const { api, region, settingsLocation, workspace, outbound, test } = options;
  const settings = await openSettings(settingsLocation, workspace);
  assertUsable(settings);
  const places = placesOf(options, settings);
  // What a person has to set is said before anything is asked.
  for (const place of [places.header, places.shared]) await place.read();
  const sources = await listSources(api);
  const kind = await findWebhookKind(api);
  const outboundKind = outbound ? await findOutboundKind(api, region) : undefined;
  const own = outboundKind && findOutbound(sources, slugOf(options), [outboundKind.id]);
  const source = pickSource(
    sources.filter(({ id }) => id !== own?.id),
    options.source,
  );
  const by = { name: markerOf(options), metadataId: kind.metadataId, url: webhookUrl(options) };
  const destination = await findOne(api, await listDestinations(api, source.id), {
    ...by,
    shared: await places.shared.read(),
  });
  const inbound: InboundState = {
    source,
    kind,
    own: destination,
    defaultTypes: defaultTypes(settings),
    isByHand: false,
  };
  const outboundState: OutboundState | undefined = outboundKind && { kind: outboundKind, source: own };
  const files = [
    await secretTask(places.header, 'header-secret', 'header secret'),
    await secretTask(places.shared, 'shared-secret', 'shared secret'),
  ].filter(isPresent);
  const out = outboundState === undefined ? [] : await outboundTasks(options, outboundState, places);
  const document = await connectSettingsTask(options, settings, places, outbound);
  const made = await inboundTasks(options, inbound, places);
  const isChange = [...files, ...out, document, ...made].some(
    ({ step }) => step.state === 'to-do' && step.kind !== 'by-hand',
  );
  const isTested = test === 'always' || (test === 'after-changes' && isChange);
  return [
    ...files,
    ...out,
    document,
    ...(test === 'never' ? [] : [reachTask(options, places, isTested)]),
    ...made,
    ...(isTested ? [testTask(options, inbound)] : []),
    ...(out.some(({ step }) => step.state === 'to-do') ? [outboundHint(options)] : []),
  ];
}

/** Deletes what may be gone already. */
function deleteTask({ api }: ConnectSegmentOptions, id: string, title: string, path: string): Task {
  return {
    step: { id, title, kind: 'call', state: 'to-do', call: { method: 'DELETE', url: `${api.apiUrl}${path}` } },
    async run() {
      await api.change({ method: 'DELETE', path }).catch((error) => {
        if (!(error instanceof SegmentRefusal && error.status === 404)) throw error;
      });
      return undefined;
    },
  };
}

/** The outbound source, unless its keys show that it is another's. */
async function ownOutbound(
  options: ConnectSegmentOptions,
  sources: readonly SegmentSource[],
  { writeKey }: SecretPlaces,
): Promise<SegmentSource | undefined> {
  const { id } = await findOutboundKind(options.api, options.region);
  const found = sources.find(({ slug, metadataId }) => slug === slugOf(options) && metadataId === id);
  const kept = (await writeKey.read())?.reveal();
  const isOthers =
    found !== undefined &&
    kept !== undefined &&
    found.writeKeys.length > 0 &&
    !found.writeKeys.some((key) => key.reveal() === kept);
  return isOthers ? undefined : found;
}

async function fileTasks(places: SecretPlaces): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (const place of [places.header, places.shared, places.writeKey]) {
    const { file } = place;
    if (file === undefined || (await place.read()) === undefined) continue;
    const step = { id: 'remove-file', title: `Remove ${file}`, kind: 'file', state: 'to-do' } as const;
    tasks.push({ step, run: async () => void (await removeSecretFile(file)) });
  }
  return tasks;
}

/** What may be another deployment's is not deleted. */
function unsureTask({ name }: SegmentDestination, source: string): Task {
  const title = `Delete the destination "${name}" of the source "${source}", if it is of this deployment: neither its address nor its secret can be seen`;
  const byHand = [{ text: `Segment > Connections > Destinations > ${name} > Settings > Delete Destination.` }];
  return { step: { id: 'delete-destination', title, kind: 'by-hand', state: 'to-do', byHand } };
}

/** A document that only its service changes. */
function serviceTask({ file, workspace }: OpenSettings): Task {
  const byHand = [
    {
      text: `At ${file}, in the document of the workspace ${workspace}: take out of segment and outbound.targets what names variables that begin with SEGMENT_.`,
    },
  ];
  return {
    step: {
      id: 'settings',
      title: 'Take the connection out of the settings document',
      kind: 'by-hand',
      state: 'to-do',
      byHand,
    },
  };
}

async function surveyUndo(options: ConnectSegmentOptions): Promise<readonly Task[]> {
  const { api, settingsLocation, workspace } = options;
  const settings = await openSettings(settingsLocation, workspace);
  const places = placesOf(options, settings);
  const sources = await listSources(api);
  const kind = await findWebhookKind(api);
  const { ours: own, unsure } = await findNamed(api, await listAllDestinations(api), {
    name: markerOf(options),
    metadataId: kind.metadataId,
    url: webhookUrl(options),
    // A variable that is no longer set is no reason to keep what was made.
    shared: await places.shared.read().catch(() => undefined),
  });
  const only = options.source === undefined ? undefined : pickSource(sources, options.source).id;
  const isAsked = ({ destination }: OwnDestination) => only === undefined || destination.sourceId === only;
  const going = own.filter(isAsked);
  const nameOf = (sourceId: string) => shortName(sources.find(({ id }) => id === sourceId)?.name ?? sourceId);
  const tasks = going.map(({ destination: { id, name, sourceId } }) => {
    const title = `Delete the destination "${name}" of the source "${nameOf(sourceId)}"`;
    return deleteTask(options, 'delete-destination', title, destinationPath(id));
  });
  tasks.push(...unsure.filter(isAsked).map(({ destination }) => unsureTask(destination, nameOf(destination.sourceId))));
  // Another source still sends with the same secrets.
  if (going.length < own.length) return tasks;
  const outbound = await ownOutbound(options, sources, places);
  if (outbound !== undefined)
    tasks.push(
      deleteTask(options, 'delete-source', `Delete the source "${shortName(outbound.name)}"`, sourcePath(outbound.id)),
    );
  const title = { id: 'settings', title: 'Take the connection out of the settings document' };
  const document = await undoSettingsTask(settings, title, changesToUndo(settings, places));
  const byHand = isServiceUrl(settings.location) ? [serviceTask(settings)] : [];
  return [...tasks, ...byHand, ...(document === undefined ? [] : [document]), ...(await fileTasks(places))];
}

/** A source of Segment's, connected by its Public API. */
export function connectSegment(options: ConnectSegmentOptions): PlannedConnection {
  return createConnection(
    () => survey(options),
    () => surveyUndo(options),
  );
}
