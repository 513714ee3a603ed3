// Takes back what connecting Segment has made, and leaves what may be another's.

import { ConnectError } from '../connection.js';
import { removeSecretFile } from '../secret-files.js';
import { openSettings, undoSettingsTask } from '../settings-file.js';
import type { Step } from '../step.js';
import type { Task } from '../tasks.js';
import { findOutboundKind, findWebhookKind } from './catalog.js';
import { changesToUndo } from './document.js';
import { findNamed, type OursBy, type OwnDestination } from './find.js';
import { postsTo } from './mapping.js';
import { type ConnectSegmentOptions, markerOf, slugOf, webhookUrl } from './options.js';
import { pickSource, shortName } from './pick-source.js';
import { type ApiChange, SegmentRefusal } from './public-api.js';
import {
  destinationPath,
  listAllDestinations,
  listSources,
  mappingsPath,
  type SegmentDestination,
  type SegmentSource,
  sourcePath,
} from './resources.js';
import { placesOf, type SecretPlaces } from './secrets.js';

/** Deletes what may be gone already. */
function deleteTask(
  { api }: ConnectSegmentOptions,
  { id, title, note }: Pick<Step, 'id' | 'title' | 'note'>,
  change: Pick<ApiChange, 'path' | 'version'>,
): Task {
  const call = { method: 'DELETE', url: `${api.apiUrl}${change.path}` };
  return {
    step: { id, title, kind: 'call', state: 'to-do', call, ...(note !== undefined && { note }) },
    async run() {
      await api.change({ method: 'DELETE', ...change }).catch((error) => {
        if (!(error instanceof SegmentRefusal && error.status === 404)) throw error;
      });
      return undefined;
    },
  };
}

/** The destination with all its mappings, or, where others' are among them, ours alone. */
function destinationTasks(
  options: ConnectSegmentOptions,
  { destination: { id, name }, mappings }: OwnDestination,
  source: string,
): readonly Task[] {
  const list = 'list' in mappings ? mappings.list : [];
  const own = list.filter((mapping) => postsTo(mapping, webhookUrl(options)));
  const whole = `the destination "${name}" of the source "${source}"`;
  if (own.length === list.length)
    return [deleteTask(options, { id: 'delete-destination', title: `Delete ${whole}` }, { path: destinationPath(id) })];
  return own.map((mapping) =>
    deleteTask(
      options,
      {
        id: 'delete-mapping',
        title: `Delete the mapping "${shortName(mapping.name)}" of ${whole}`,
        note: 'The destination stays: it has mappings that post elsewhere.',
      },
      { path: `${mappingsPath(id)}/${encodeURIComponent(mapping.id)}`, version: 'v1alpha' },
    ),
  );
}

/** @throws ConnectError where one of ours posts to another address: it would go on posting with secrets that are gone */
function assertNoneElsewhere(others: readonly OwnDestination[], { name, url, shared }: OursBy): void {
  const left = others.find(
    ({ destination, mappings }) =>
      shared !== undefined &&
      destination.settings.sharedSecret === shared.reveal() &&
      'list' in mappings &&
      mappings.list.some((mapping) => mapping.name === name),
  );
  if (left !== undefined)
    throw new ConnectError(
      'ambiguous',
      `The destination "${name}" signs with the secret of this workspace, and posts elsewhere than to ${url}: name the --public-url that it was made with.`,
    );
}

/** As many as are named of the destinations that a source has. */
const MOST_NAMED = 5;

/** The outbound source. Segment deletes with a source the destinations that are connected to it: people's are reason to leave it to them. */
function sourceTask(
  options: ConnectSegmentOptions,
  { id, name }: SegmentSource,
  connected: readonly SegmentDestination[],
): Task {
  const title = `Delete the source "${shortName(name)}"`;
  if (connected.length === 0) return deleteTask(options, { id: 'delete-source', title }, { path: sourcePath(id) });
  const names = connected.slice(0, MOST_NAMED).map((destination) => shortName(destination.name));
  const more = connected.length > MOST_NAMED ? ', …' : '';
  const note = `Destinations are connected to it, which would be deleted with it: ${names.join(', ')}${more}.`;
  const byHand = [{ text: `Segment > Connections > Sources > ${shortName(name)} > Settings > Delete Source.` }];
  return {
    step: {
      id: 'delete-source',
      title: `${title}, if nothing needs it`,
      kind: 'by-hand',
      state: 'to-do',
      note,
      byHand,
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

/** @returns what takes all back, in order: Segment first, so that nothing posts with secrets that are gone */
export async function surveyUndo(options: ConnectSegmentOptions): Promise<readonly Task[]> {
  const { api, settingsLocation, settingsToken, workspace } = options;
  const settings = await openSettings(settingsLocation, workspace, settingsToken);
  const places = placesOf(options, settings);
  const sources = await listSources(api);
  const kind = await findWebhookKind(api);
  const destinations = await listAllDestinations(api);
  const by = {
    name: markerOf(options),
    metadataId: kind.metadataId,
    url: webhookUrl(options),
    // A variable that is no longer set is no reason to keep what was made.
    shared: await places.shared.read().catch(() => undefined),
  };
  const { ours: own, unsure, others } = await findNamed(api, destinations, by);
  assertNoneElsewhere(others, by);
  const only = options.source === undefined ? undefined : pickSource(sources, options.source).id;
  const isAsked = ({ destination }: OwnDestination) => only === undefined || destination.sourceId === only;
  const going = own.filter(isAsked);
  const nameOf = (sourceId: string) => shortName(sources.find(({ id }) => id === sourceId)?.name ?? sourceId);
  const tasks = going.flatMap((each) => destinationTasks(options, each, nameOf(each.destination.sourceId)));
  tasks.push(...unsure.filter(isAsked).map(({ destination }) => unsureTask(destination, nameOf(destination.sourceId))));
  // Another source still sends with the same secrets.
  if (going.length < own.length) return tasks;
  const outbound = await ownOutbound(options, sources, places);
  if (outbound !== undefined) {
    const connected = destinations.filter(({ sourceId }) => sourceId === outbound.id);
    tasks.push(sourceTask(options, outbound, connected));
  }
  const title = { id: 'settings', title: 'Take the connection out of the settings document' };
  const document = await undoSettingsTask(settings, title, changesToUndo(settings, places));
  return [...tasks, ...(document === undefined ? [] : [document]), ...(await fileTasks(places))];
}
