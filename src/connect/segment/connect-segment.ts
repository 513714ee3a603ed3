// Connects a source of Segment with this plugin, and Statsig's events with a source of Segment's.

import { ConnectError } from '../connection.js';
import { type OpenSettings, openSettings, settingsTask } from '../settings-file.js';
import type { Step } from '../step.js';
import { createConnection, type PlannedConnection, type Task } from '../tasks.js';
import { findOutboundKind, findWebhookKind } from './catalog.js';
import { changesToConnect, kindsToAdd } from './document.js';
import { findOne, findOutbound } from './find.js';
import { type InboundState, inboundTasks } from './inbound-tasks.js';
import { type ConnectSegmentOptions, type MappedType, markerOf, slugOf, statsigUrl, webhookUrl } from './options.js';
import { type OutboundState, outboundTasks } from './outbound-tasks.js';
import { pickSource, shortName } from './pick-source.js';
import { awaitReach } from './reach.js';
import { ADDRESSES } from './region.js';
import { getSource, listDestinations, listSources } from './resources.js';
import { placesOf, type SecretPlaces, secretTask } from './secrets.js';
import { sendTestEvent } from './test-event.js';
import { surveyUndo } from './undo.js';

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
  const { api, region, settingsLocation, settingsToken, workspace, outbound, test } = options;
  const settings = await openSettings(settingsLocation, workspace, settingsToken);
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

/** A source of Segment's, connected by its Public API. */
export function connectSegment(options: ConnectSegmentOptions): PlannedConnection {
  return createConnection(
    () => survey(options),
    () => surveyUndo(options),
  );
}
