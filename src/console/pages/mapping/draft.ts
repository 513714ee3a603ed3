// Settings as the form holds them: read and written by place, and what differs from the file.

import type { SettingsChange } from '../../../operate/settings/shapes.js';

/** Settings of one workspace. */
export type Settings = Readonly<Record<string, unknown>>;

/** Names from the top of the settings: `['outbound', 'targets']`. */
export type Place = readonly string[];

/** The places that the form edits, each as a whole. The process finds the smallest change of the text. */
export const PLACES: readonly Place[] = [
  ['identifierMappings'],
  ['eventNamePreset'],
  ['eventNamePrefix'],
  ...['track', 'page', 'screen', 'group'].map((type) => ['eventNameTemplates', type]),
  ['eventNameMaxLength'],
  ['eventTypes'],
  ['includeEvents'],
  ['excludeEvents'],
  ['defaultEnvironment'],
  ['environmentMappings'],
  ['redact'],
  ...[
    'targets',
    'paused',
    'identifierMappings',
    'eventCategories',
    'includeEvents',
    'excludeEvents',
    'includeNewEvents',
    'environments',
    'experimentViewed',
    'exposureWindowMs',
    'exposureSampleRate',
    'skipAnonymousExposures',
    'skipDefaultRuleExposures',
    'configChangeUserId',
  ].map((name) => ['outbound', name]),
];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands at a place; undefined where nothing does. */
export function valueAt(settings: Settings, place: Place): unknown {
  return place.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), settings);
}

/** The same settings with another value at a place. @param value undefined: nothing stands there */
export function withValue(settings: Settings, [name = '', ...rest]: Place, value: unknown): Settings {
  const inner = settings[name];
  const next = rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value);
  const { [name]: _gone, ...others } = settings;
  if (next === undefined) return others;
  return { ...settings, [name]: next };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What the form has changed. */
export function changesOf(before: Settings, after: Settings): readonly SettingsChange[] {
  return PLACES.flatMap((path): SettingsChange[] => {
    const [old, now] = [valueAt(before, path), valueAt(after, path)];
    if (same(old, now)) return [];
    return [now === undefined ? { path } : { path, value: now }];
  });
}

/** The same changes of other settings. */
export function applyChanges(settings: Settings, changes: readonly SettingsChange[]): Settings {
  return changes.reduce((all, { path, value }) => withValue(all, path.map(String), value), settings);
}
