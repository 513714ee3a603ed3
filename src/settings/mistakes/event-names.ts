// Finds names in the event filters that no event is listed by.

import { EVENT_NAME_PRESETS } from '../../transform/event-name.js';
import { type SettingsPath, valueAt } from '../settings-path.js';
import type { Mistake } from './mistake.js';
import { type StringAt, stringsAt } from './strings-at.js';

interface NameRule {
  readonly message: string;
  readonly isBroken: (name: string) => boolean;
}

/** Of both directions. */
const WRITING: readonly NameRule[] = [
  {
    message: 'begins or ends with a blank, and so matches only names that do: remove it',
    isBroken: (name) => name !== name.trim(),
  },
  {
    message: 'looks like a regular expression: here * alone stands for any characters',
    isBroken: (name) => /^\^|\$$|^\/.*\/$/.test(name),
  },
];

/** One warning for each list and rule: lists may hold ten thousand names. */
function* judge(names: readonly StringAt[], rules: readonly NameRule[]): Generator<Mistake, void> {
  for (const { message, isBroken } of rules) {
    const [first, ...more] = names.filter(({ text }) => isBroken(text));
    if (first === undefined) continue;
    const others = more.length === 0 ? '' : ` (and ${more.length} more of this list)`;
    yield { kind: 'warning', at: first.at, message: `${message}${others}` };
  }
}

/** How names in Statsig begin, with and without the word for their type. */
const PREFIXES = Object.values(EVENT_NAME_PRESETS).flatMap(({ prefix, templates }) =>
  prefix.endsWith(':') ? [prefix] : Object.values(templates).map((template) => template.replace('{prefix}', prefix)),
);
const STARTS = PREFIXES.map((prefix) => prefix.split('{', 1).join(''));

function inboundRules(settings: object): readonly NameRule[] {
  const own = valueAt(settings, ['eventNamePrefix']);
  const starts = typeof own === 'string' && own !== '' ? [...STARTS, own] : STARTS;
  return [
    ...WRITING,
    {
      message: 'is written with the prefix: names are listed as the sender writes them, as in Order *, page:Home',
      isBroken: beginsWithOneOf(starts),
    },
    {
      message: 'matches only events without a name: to mean all of them write page:* or screen:*, or set eventTypes',
      isBroken: (name) => /^(?:page|screen)$/.test(name),
    },
    {
      message:
        'is no name of an event: names of pages and screens begin with page: and screen:, in small letters, and group events are called group',
      isBroken: (name) =>
        /^(?:page|screen|group)s?(?::|$)/i.test(name) && !/^(?:(?:page|screen)(?::|$)|group$)/.test(name),
    },
    {
      message:
        'is a type of events: track events are listed by their name alone, and identify events are no events in Statsig',
      isBroken: (name) => /^(?:track|identify)(?::|$)/i.test(name),
    },
  ];
}

const KINDS = ['gate', 'config', 'layer', 'experiment', 'holdout'];
const RECORDS = [...KINDS.map((kind) => `${kind}_exposure`), 'config_change'];
const KIND_ALONE: ReadonlySet<string> = new Set([
  ...KINDS,
  ...RECORDS.flatMap((record) => [record, `statsig::${record}`]),
]);
const STARTS_OF_KINDS = [...KINDS, 'config_change'].map((kind) => `${kind}:`);

function beginsWithOneOf(starts: readonly string[]): (name: string) => boolean {
  return (name) => starts.some((start) => name.startsWith(start));
}

const OUTBOUND: readonly NameRule[] = [
  ...WRITING,
  {
    message: "is written with Statsig's prefix: names are listed without it, as in gate:my_gate",
    isBroken: beginsWithOneOf(STARTS_OF_KINDS.map((start) => `statsig::${start}`)),
  },
  {
    message:
      'is a kind of events, and no name: list them as gate:NAME or gate:*, or leave the kind out of eventCategories',
    isBroken: (name) => KIND_ALONE.has(name),
  },
  {
    message: 'need not be listed: events with the prefix of a CDP came from there, and never go back',
    isBroken: beginsWithOneOf(STARTS),
  },
];

const ONLY_CUSTOM: NameRule = {
  message:
    'does nothing: this list is for custom and internal events, and eventCategories chooses exposures and config changes',
  isBroken: beginsWithOneOf(STARTS_OF_KINDS),
};

/** Warns of names in the lists of both directions that no event can have, or that the list is not for. */
export function* findNameMistakes(settings: object): Generator<Mistake, void> {
  const at = (path: SettingsPath) => stringsAt(settings, path);
  for (const list of ['includeEvents', 'excludeEvents']) {
    yield* judge(at([list]), inboundRules(settings));
    yield* judge(at(['outbound', list]), list === 'includeEvents' ? [...OUTBOUND, ONLY_CUSTOM] : OUTBOUND);
  }
}
