// The destination that posts to this plugin, and its mapping.

import type { JsonObject } from '../../model/segment-event.js';
import { type HandStep, HIDDEN, type Step } from '../step.js';
import type { Task, TaskEnd } from '../tasks.js';
import { destinationByHand, type HandValues, mappingByHand } from './by-hand.js';
import type { WebhookKind } from './catalog.js';
import {
  findOne,
  isNotEnabled,
  isOfPlan,
  type Mappings,
  type OursBy,
  type OwnDestination,
  readMappings,
} from './find.js';
import { changeOfMapping, isMasked, newMapping, postsTo, type WantedMapping } from './mapping.js';
import { type ConnectSegmentOptions, type MappedType, markerOf, webhookUrl } from './options.js';
import { shortName } from './pick-source.js';
import {
  destinationPath,
  listDestinations,
  mappingsPath,
  part,
  type SegmentDestination,
  type SegmentMapping,
  type SegmentSource,
  toDestination,
  toMapping,
} from './resources.js';
import { type SecretPlaces, shownSecret } from './secrets.js';

/** What is known of the inbound direction; `destination` comes while tasks run. */
export interface InboundState {
  readonly source: SegmentSource;
  readonly kind: WebhookKind;
  readonly defaultTypes: readonly MappedType[];
  own: OwnDestination | undefined;
  /** Whether a person has to make the mapping. */
  isByHand: boolean;
}

const DEFAULT_BATCH = 1000;

async function handValues(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
): Promise<HandValues> {
  const isShown = options.showSecrets === true;
  return {
    url: webhookUrl(options),
    header: await shownSecret(places.header, isShown),
    shared: await shownSecret(places.shared, isShown),
    types: options.types ?? state.defaultTypes,
    batchSize: options.batchSize ?? DEFAULT_BATCH,
    source: shortName(state.source.name),
    name: markerOf(options),
  };
}

async function byOf(options: ConnectSegmentOptions, { kind }: InboundState, places: SecretPlaces): Promise<OursBy> {
  const { metadataId } = kind;
  return { name: markerOf(options), metadataId, url: webhookUrl(options), shared: await places.shared.read() };
}

async function wantedMapping(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
): Promise<WantedMapping> {
  return {
    name: markerOf(options),
    actionId: state.kind.actionId,
    url: webhookUrl(options),
    header: await places.header.read(),
    types: options.types,
    defaultTypes: state.defaultTypes,
    batchSize: options.batchSize,
  };
}

function asHand(state: InboundState, step: Step, problem: string, byHand: readonly HandStep[]): TaskEnd {
  state.isByHand = true;
  return { result: 'by-hand', problem, step: { ...step, kind: 'by-hand', byHand } };
}

function createTask(options: ConnectSegmentOptions, state: InboundState, places: SecretPlaces): Task {
  const { api } = options;
  const { source, kind } = state;
  const name = markerOf(options);
  const bodyWith = (sharedSecret: string) => ({
    sourceId: source.id,
    metadataId: kind.metadataId,
    enabled: true,
    name,
    settings: { sharedSecret },
  });
  const step: Step = {
    id: 'create-destination',
    title: `Make the destination "${name}" (Webhooks (Actions)) of the source "${shortName(source.name)}"`,
    kind: 'call',
    state: 'to-do',
    call: { method: 'POST', url: `${api.apiUrl}/destinations`, body: bodyWith(HIDDEN) },
  };
  async function run(): Promise<TaskEnd> {
    const shared = (await places.shared.read())?.reveal() ?? '';
    try {
      state.own = await api.make(
        { path: '/destinations', body: bodyWith(shared), secrets: [shared] },
        {
          read: (data): OwnDestination => ({
            destination: toDestination(part(data, 'destination')),
            mappings: { list: [] },
          }),
          find: async () => findOne(api, await listDestinations(api, source.id), await byOf(options, state, places)),
        },
      );
      return undefined;
    } catch (error) {
      if (!isOfPlan(error)) throw error;
      return asHand(state, step, error.message, destinationByHand(await handValues(options, state, places)));
    }
  }
  return { step, run };
}

/** @returns whether the secret of a destination is surely another one than ours */
async function isSecretRight({ settings }: SegmentDestination, places: SecretPlaces): Promise<boolean> {
  const { sharedSecret } = settings;
  return isMasked(sharedSecret) || sharedSecret === (await places.shared.read())?.reveal();
}

async function updateTask(
  { api }: ConnectSegmentOptions,
  destination: SegmentDestination,
  places: SecretPlaces,
): Promise<Task> {
  const { id, name, enabled, settings } = destination;
  const isRight = enabled && (await isSecretRight(destination, places));
  const path = destinationPath(id);
  const bodyWith = (sharedSecret: string) => ({ enabled: true, settings: { ...settings, sharedSecret } });
  const step: Step = {
    id: 'create-destination',
    title: isRight ? `The destination "${name}" is there` : `Enable the destination "${name}", with the shared secret`,
    kind: 'call',
    state: isRight ? 'there' : 'to-do',
    ...(!isRight && { call: { method: 'PATCH', url: `${api.apiUrl}${path}`, body: bodyWith(HIDDEN) } }),
  };
  async function run(): Promise<TaskEnd> {
    const shared = (await places.shared.read())?.reveal() ?? '';
    await api.change({ method: 'PATCH', path, body: bodyWith(shared), secrets: [shared] });
    return undefined;
  }
  return { step, run };
}

const MAPPING = 'create-mapping';

function createMappingTask(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
  shown: object,
): Task {
  const { api } = options;
  const name = markerOf(options);
  const idShown = state.own?.destination.id ?? '(id of the destination)';
  const step: Step = {
    id: MAPPING,
    title: `Make the mapping "${name}": the whole event, to ${webhookUrl(options)}`,
    kind: 'call',
    state: 'to-do',
    call: { method: 'POST', url: `${api.apiUrl}/destinations/${idShown}/subscriptions`, body: shown },
  };
  async function run(): Promise<TaskEnd> {
    const values = await handValues(options, state, places);
    if (state.own === undefined) return { result: 'by-hand', problem: 'It waits for the destination, above.' };
    const { id } = state.own.destination;
    const wanted = await wantedMapping(options, state, places);
    const secrets = wanted.header === undefined ? [] : [wanted.header.reveal()];
    try {
      const found = await readMappings(api, id);
      if ('refused' in found) return asHand(state, step, found.refused.message, mappingByHand(values));
      const there = found.list.find((mapping) => postsTo(mapping, wanted.url));
      // A destination that a run before has made may have been found only now.
      if (there !== undefined) return changeMapping(options, state, places, there);
      await api.make(
        { path: mappingsPath(id), body: newMapping(wanted, true), version: 'v1alpha', secrets },
        {
          read: (data) => toMapping(part(data, 'destinationSubscription')),
          async find() {
            const mappings = await readMappings(api, id);
            return 'list' in mappings ? mappings.list.find((mapping) => postsTo(mapping, wanted.url)) : undefined;
          },
        },
      );
      return undefined;
    } catch (error) {
      if (!(isNotEnabled(error) || isOfPlan(error))) throw error;
      return asHand(state, step, error.message, mappingByHand(values));
    }
  }
  return { step, run };
}

function mappingPath(state: InboundState, { id }: SegmentMapping): string {
  return `${mappingsPath(state.own?.destination.id ?? '')}/${encodeURIComponent(id)}`;
}

async function changeMapping(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
  mapping: SegmentMapping,
): Promise<undefined> {
  // With secrets that were made since the plan.
  const wanted = await wantedMapping(options, state, places);
  const body = changeOfMapping(mapping, wanted, true);
  if (body === undefined) return;
  const secrets = wanted.header === undefined ? [] : [wanted.header.reveal()];
  const path = mappingPath(state, mapping);
  await options.api.change({ method: 'PATCH', path, body, version: 'v1alpha', secrets });
}

function changeTask(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
  mapping: SegmentMapping,
  body: JsonObject | undefined,
): Task {
  const url = `${options.api.apiUrl}${mappingPath(state, mapping)}`;
  const step: Step = {
    id: MAPPING,
    title: body === undefined ? `The mapping "${mapping.name}" is there` : `Correct the mapping "${mapping.name}"`,
    kind: 'call',
    state: body === undefined ? 'there' : 'to-do',
    ...(body !== undefined && { call: { method: 'PATCH', url, body } }),
  };
  return { step, run: () => changeMapping(options, state, places, mapping) };
}

async function mappingTask(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
  mappings: Mappings,
): Promise<Task> {
  const wanted = await wantedMapping(options, state, places);
  if ('refused' in mappings) {
    state.isByHand = true;
    const byHand = mappingByHand(await handValues(options, state, places));
    const title = `Make the mapping by hand: ${mappings.refused.message}`;
    return { step: { id: MAPPING, title, kind: 'by-hand', state: 'to-do', byHand } };
  }
  const there = mappings.list.find((mapping) => postsTo(mapping, wanted.url));
  if (there === undefined) return createMappingTask(options, state, places, newMapping(wanted, false));
  return changeTask(options, state, places, there, changeOfMapping(there, wanted, false));
}

/** @returns the tasks of the inbound direction, in order */
export async function inboundTasks(
  options: ConnectSegmentOptions,
  state: InboundState,
  places: SecretPlaces,
): Promise<readonly Task[]> {
  const { own } = state;
  const destination =
    own === undefined ? createTask(options, state, places) : await updateTask(options, own.destination, places);
  return [destination, await mappingTask(options, state, places, own?.mappings ?? { list: [] })];
}
