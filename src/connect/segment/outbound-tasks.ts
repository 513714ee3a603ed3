// The source that Statsig's events come from: made, and its write key kept.

import { writeSecretFile } from '../secret-files.js';
import type { Step } from '../step.js';
import type { Task, TaskEnd } from '../tasks.js';
import { sourceByHand, writeKeyByHand } from './by-hand.js';
import { findOutbound, isOfPlan } from './find.js';
import { type ConnectSegmentOptions, markerOf, slugOf } from './options.js';
import { shortName } from './pick-source.js';
import type { SourceKind } from './resources.js';
import { getSource, listSources, part, type SegmentSource, sourcePath, toSource } from './resources.js';
import type { SecretPlaces } from './secrets.js';

/** What is known of the source; `made` comes while tasks run. */
export interface OutboundState {
  readonly kind: SourceKind;
  source: SegmentSource | undefined;
}

function createTask(options: ConnectSegmentOptions, state: OutboundState, { writeKey }: SecretPlaces): Task {
  const { api } = options;
  const slug = slugOf(options);
  const body = { slug, enabled: true, metadataId: state.kind.id };
  const found = state.source;
  const title = `Make the source "${slug}" (${state.kind.name}), for the events that come out of Statsig`;
  const step: Step = {
    id: 'create-source',
    title,
    kind: 'call',
    state: found === undefined ? 'to-do' : 'there',
    ...(found === undefined && { call: { method: 'POST', url: `${api.apiUrl}/sources`, body } }),
  };
  async function run(): Promise<TaskEnd> {
    try {
      state.source = await api.make(
        { path: '/sources', body },
        {
          read: (data) => toSource(part(data, 'source')),
          find: async () => findOutbound(await listSources(api), slug, [state.kind.id]),
        },
      );
      return undefined;
    } catch (error) {
      if (!isOfPlan(error)) throw error;
      const byHand = sourceByHand(state.kind.name, markerOf(options), writeKey);
      return { result: 'by-hand', problem: error.message, step: { ...step, kind: 'by-hand', byHand } };
    }
  }
  return { step, run };
}

function enableTask({ api }: ConnectSegmentOptions, { id, name }: SegmentSource): Task {
  const path = sourcePath(id);
  const body = { enabled: true };
  return {
    step: {
      id: 'enable-source',
      title: `Enable the source "${shortName(name)}"`,
      kind: 'call',
      state: 'to-do',
      call: { method: 'PATCH', url: `${api.apiUrl}${path}`, body },
    },
    run: async () => void (await api.change({ method: 'PATCH', path, body })),
  };
}

async function isKept({ writeKey }: SecretPlaces, source: SegmentSource | undefined): Promise<boolean> {
  const kept = (await writeKey.read())?.reveal();
  if (kept === undefined || source === undefined) return false;
  // Where the token may not see keys, a person has put it there.
  return source.writeKeys.length === 0 || source.writeKeys.some((key) => key.reveal() === kept);
}

async function writeKeyTask(options: ConnectSegmentOptions, state: OutboundState, places: SecretPlaces): Promise<Task> {
  const { file } = places.writeKey;
  if (file === undefined) {
    const byHand = writeKeyByHand(state.source?.name ?? slugOf(options), places.writeKey);
    const title = `Set its write key as ${places.writeKey.reference}`;
    return { step: { id: 'write-key', title, kind: 'by-hand', state: 'to-do', byHand } };
  }
  const target = file;
  const step: Step = {
    id: 'write-key',
    title: `Write its write key into ${file}`,
    kind: 'file',
    state: (await isKept(places, state.source)) ? 'there' : 'to-do',
  };
  async function run(): Promise<TaskEnd> {
    const { source } = state;
    if (source === undefined) return { result: 'by-hand', problem: 'It waits for the source.' };
    const seen = source.writeKeys.length > 0 ? source : await getSource(options.api, source.id);
    const [key] = seen.writeKeys;
    if (key === undefined) {
      const byHand = writeKeyByHand(source.name, places.writeKey);
      const problem = 'The token may not see write keys: it needs the role Source Admin.';
      return { result: 'by-hand', problem, step: { ...step, kind: 'by-hand', byHand } };
    }
    await writeSecretFile(target, key);
    return undefined;
  }
  return { step, run };
}

/** @returns the tasks of the outbound direction, in order */
export async function outboundTasks(
  options: ConnectSegmentOptions,
  state: OutboundState,
  places: SecretPlaces,
): Promise<readonly Task[]> {
  const { source } = state;
  return [
    createTask(options, state, places),
    ...(source !== undefined && !source.enabled ? [enableTask(options, source)] : []),
    await writeKeyTask(options, state, places),
  ];
}
