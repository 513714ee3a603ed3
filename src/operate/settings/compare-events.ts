// Tries events with the settings in force and with edited ones, and says what differs.

import { type Breather, createBreather } from '../../base/breather.js';
import { PluginError } from '../../base/errors.js';
import { messageOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { staticStore, type WorkspaceStore } from '../../settings/store.js';
import { MAX_TEXT } from '../../settings/write/settings-files.js';
import { WorkspaceChoiceError } from '../../sources/tester/choose-document.js';
import { createRequestShower } from '../../sources/tester/shown-request.js';
import { createTester } from '../../sources/tester/tester.js';
import { refused, type Tried } from '../../sources/tester/tried.js';
import { compileMatcher } from '../../transform/event-filter.js';
import { MAX_LEVELS, measure } from './prepare-edit.js';
import type {
  ChangedField,
  EventComparison,
  EventOutcome,
  EventSource,
  EventVerdict,
  PatternMatches,
  SeenName,
  SettingsEffect,
} from './shapes.js';

/** An event that came. */
export interface RecentEvent {
  readonly id: string;
  readonly at: EpochMs;
  readonly source: EventSource;
  /** As it was received. */
  readonly event: unknown;
}

/** What was seen of a workspace lately. */
export interface SeenLately {
  readonly events: readonly RecentEvent[];
  /** Names as their senders wrote them, with how many events had them. */
  readonly names: readonly { readonly name: string; readonly events: number }[];
}

/** What is compared. */
export interface Comparing {
  readonly before: WorkspaceStore;
  readonly after: readonly WorkspaceDocument[];
  readonly workspaceId: string;
  readonly now: EpochMs;
}

/** Fields that are told of one event, and characters of each value. */
const MAX_FIELDS = 40;
const MAX_VALUE = 200;

/** Paths that are suggested. */
const MAX_PATHS = 300;

/** What a request holds of the moment in which it is made, and says nothing of the settings. */
const OF_THE_MOMENT = new Set(['sentAt', 'sessionID']);

function outcomeOf(tried: Tried): EventOutcome {
  switch (tried.result) {
    case 'converted':
      return { result: 'converted' };
    case 'filtered':
      return { result: 'filtered', why: [tried.reason, tried.detail].filter((text) => text !== '').join(': ') };
    case 'invalid':
      return { result: 'invalid', why: `${tried.code}: ${tried.message}` };
  }
}

function* leaves(value: unknown, path: string): Generator<readonly [string, string], void> {
  if (typeof value !== 'object' || value === null) {
    yield [path, JSON.stringify(value) ?? ''];
    return;
  }
  const parts = Array.isArray(value)
    ? value.map((part, index) => [`${path}[${index}]`, part] as const)
    : Object.entries(value)
        .filter(([name]) => !OF_THE_MOMENT.has(name))
        .map(([name, part]) => [path === '' ? name : `${path}.${name}`, part] as const);
  for (const [name, part] of parts) yield* leaves(part, name);
}

/** Every field of the requests of an event. An address is one, too. */
async function fieldsOf(tried: Tried): Promise<ReadonlyMap<string, string>> {
  if (tried.result !== 'converted') return new Map();
  const requests = await tried.requests();
  return new Map(
    requests.flatMap(({ url, body }, index) => {
      const number = requests.length > 1 ? `request ${index + 1}: ` : '';
      const fields = [['url', JSON.stringify(url)] as const, ...leaves(body, '')];
      return fields.map(([path, value]) => [number + path, value] as const);
    }),
  );
}

const cut = (text: string) => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text);

async function changedFields(before: Tried, after: Tried): Promise<readonly ChangedField[]> {
  if (before.result !== 'converted' || after.result !== 'converted') return [];
  const [old, now] = [await fieldsOf(before), await fieldsOf(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
  return paths.slice(0, MAX_FIELDS).map((path) => {
    const [from, to] = [old.get(path), now.get(path)];
    return { path, ...(from !== undefined && { before: cut(from) }), ...(to !== undefined && { after: cut(to) }) };
  });
}

function verdictOf(before: EventOutcome, after: EventOutcome, fields: readonly ChangedField[]): EventVerdict {
  if (after.result !== before.result) {
    if (after.result === 'converted') return 'newly_sent';
    return after.result === 'filtered' ? 'newly_filtered' : 'newly_invalid';
  }
  return fields.length > 0 || before.why !== after.why ? 'changed' : 'unchanged';
}

/** The same settings, by which no name passes: what they say of an event is its name as the filters know it. */
function withoutNames(document: WorkspaceDocument): WorkspaceDocument {
  const closed = { includeEvents: [], excludeEvents: ['*'] };
  return {
    ...document,
    settings: { ...document.settings, ...closed },
    outbound: { ...document.outbound, ...closed },
  };
}

/** Tries bodies with several settings. */
function createTrier({ before, after, workspaceId, now }: Comparing) {
  const show = createRequestShower(() => now);
  const named = after.map(withoutNames);
  const stores = [before, staticStore(after), staticStore(named)] as const;
  const isNew = before.findById(workspaceId) === undefined;
  return (source: EventSource, body: unknown): readonly (readonly Tried[])[] => {
    const [old = [], ...others] = stores.map((store, index) =>
      isNew && index === 0
        ? []
        : [...createTester({ source, store, workspaceId, now: () => now, note: () => {}, show }).tryBody(body)],
    );
    return [isNew ? (others[0] ?? []).map(() => refused(new PluginError('WORKSPACE_UNKNOWN'))) : old, ...others];
  };
}

function nameIn(tried: Tried | undefined): string | undefined {
  return tried?.result === 'filtered' && tried.reason === 'event_excluded' ? tried.detail : undefined;
}

type Trier = ReturnType<typeof createTrier>;

async function compareBody(tryBody: Trier, source: EventSource, body: unknown): Promise<readonly EventComparison[]> {
  const [before = [], after = [], named = []] = tryBody(source, body);
  const found: EventComparison[] = [];
  for (const [index, old] of before.entries()) {
    const now = after[index];
    if (now === undefined) continue;
    const fields = await changedFields(old, now);
    const [from, to] = [outcomeOf(old), outcomeOf(now)];
    const name = nameIn(named[index]);
    found.push({
      source,
      ...(name !== undefined && { name }),
      verdict: verdictOf(from, to, fields),
      before: from,
      after: to,
      fields,
    });
  }
  return found;
}

function* pathsIn(value: unknown, path: string, depth: number): Generator<string, void> {
  if (!isJsonObject(value) || depth > 5) return;
  for (const [name, part] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (isJsonObject(part)) yield* pathsIn(part, at, depth + 1);
    else if (!Array.isArray(part) && part !== null) yield at;
  }
}

/** Paths of events as they are mapped: those of the message, where it stands in an envelope. */
function findPaths(events: readonly RecentEvent[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { event } of events) {
    const message = isJsonObject(event) && isJsonObject(event.message) ? event.message : event;
    for (const path of pathsIn(message, '', 0)) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, one], [b, other]) => other - one || a.localeCompare(b))
    .slice(0, MAX_PATHS)
    .map(([path]) => path);
}

function countNames(events: readonly EventComparison[], seen: SeenLately['names']): readonly SeenName[] {
  const volumes = new Map(seen.map(({ name, events: number }) => [name, number]));
  const names = new Map<string, { -readonly [Key in keyof SeenName]: SeenName[Key] }>();
  for (const { name, source, before, after } of events) {
    if (name === undefined) continue;
    const key = `${source === 'statsig' ? 'out' : 'in'} ${name}`;
    const known = names.get(key) ?? { name, source, tried: 0, sentBefore: 0, sentAfter: 0 };
    known.tried += 1;
    if (before.result === 'converted') known.sentBefore += 1;
    if (after.result === 'converted') known.sentAfter += 1;
    names.set(key, known);
  }
  return [...names.values()]
    .map((each) => {
      const volume = volumes.get(each.name.replace(/^(?:page|screen):/, ''));
      return volume === undefined ? each : { ...each, events: volume };
    })
    .sort((a, b) => (b.events ?? b.tried) - (a.events ?? a.tried));
}

async function matchPatterns(
  { settings, outbound }: WorkspaceDocument,
  names: readonly SeenName[],
  breathe: Breather,
): Promise<readonly PatternMatches[]> {
  const lists = [
    ['includeEvents', settings.includeEvents, false],
    ['excludeEvents', settings.excludeEvents, false],
    ['outbound.includeEvents', outbound.includeEvents, true],
    ['outbound.excludeEvents', outbound.excludeEvents, true],
  ] as const;
  const found: PatternMatches[] = [];
  for (const [list, patterns = [], isOut] of lists) {
    const own = names.filter(({ source }) => (source === 'statsig') === isOut);
    for (const pattern of patterns) {
      await breathe();
      const matches = compileMatcher([pattern]);
      const matched = own.filter(({ name }) => matches(name) !== undefined).map(({ name }) => name);
      found.push({ list, pattern, names: matched });
    }
  }
  return found;
}

const ORDER: readonly EventVerdict[] = ['newly_invalid', 'newly_filtered', 'newly_sent', 'changed', 'unchanged'];

/** What an edit makes of the events of a workspace, and of one that somebody gives. */
export async function compareEvents(
  comparing: Comparing,
  seen: SeenLately,
  sample?: { readonly source: EventSource; readonly body: unknown },
): Promise<SettingsEffect> {
  const tryBody = createTrier(comparing);
  const breathe = createBreather();
  const events: EventComparison[] = [];
  for (const { id, at, source, event } of seen.events) {
    await breathe();
    // What cannot be tried alone says nothing of the edit.
    const compared = await compareBody(tryBody, source, event).catch(() => []);
    events.push(...compared.map((each) => ({ id, at, ...each })));
  }
  const counts = { unchanged: 0, changed: 0, newly_sent: 0, newly_filtered: 0, newly_invalid: 0 };
  for (const { verdict } of events) counts[verdict] += 1;
  const names = countNames(events, seen.names);
  const document = comparing.after.find(({ id }) => id === comparing.workspaceId);
  return {
    counts,
    events: [...events].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict)),
    ...(sample !== undefined && (await trySample(tryBody, sample))),
    names,
    patterns: document === undefined ? [] : await matchPatterns(document, names, breathe),
    fields: findPaths(seen.events),
  };
}

async function trySample(
  tryBody: Trier,
  { source, body }: { readonly source: EventSource; readonly body: unknown },
): Promise<Pick<SettingsEffect, 'sample' | 'sampleProblem'>> {
  const size = measure(body);
  if (size === 'deep' || size > MAX_TEXT)
    return {
      sampleProblem: `It has more than ${MAX_TEXT} characters or ${MAX_LEVELS} levels: try it with the tester.`,
    };
  try {
    return { sample: await compareBody(tryBody, source, body) };
  } catch (error) {
    if (error instanceof PluginError || error instanceof WorkspaceChoiceError)
      return { sampleProblem: messageOf(error) };
    return { sampleProblem: 'This cannot be tried as an event of this source.' };
  }
}
