// Takes out of what is shown what no page, and no memory of ours, may hold: secrets of the settings and the process, and the fields that the settings redact.

import { parseJson, toJsonText } from '../../base/json.js';
import { ownText } from '../../base/own-text.js';
import { REDACTED } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { KnownSecrets } from '../known-secrets.js';

/** Characters of one string that came with a request. */
const MAX_SHOWN = 200;

/** So many are looked at for secrets, which may be percent-encoded. */
const MAX_LOOKED = 8 * MAX_SHOWN;

/** Characters of JSON of an event that is kept. */
export const MAX_EVENT_CHARACTERS = 65_536;

/** Characters of a note. */
const MAX_NOTE = 400;

/** Masks what is kept of the events of one workspace. */
export interface Masker {
  /** At most 200 characters of a string or a number; `undefined` for anything else, and for nothing. */
  text(value: unknown): string | undefined;
  /** An event without the fields that the settings redact; the event itself where they redact none. */
  event(event: unknown): unknown;
  /** JSON text of such an event; `undefined` where it is too large, or nested too deep. */
  json(event: unknown): string | undefined;
  /** A note about an event, without what the settings redact of it. */
  note(text: string, event: unknown): string;
  /** What a target answered to deliveries. Where the settings redact anything, without every string of theirs: their fields have other names by then. */
  answer(text: string, deliveries: readonly { readonly payload: string }[]): string;
  /** Whether the settings redact anything. */
  readonly redacts: boolean;
}

function maskAt(value: unknown, keys: readonly string[], seen: string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) {
    if (typeof value === 'string' || typeof value === 'number') seen.push(String(value));
    return REDACTED;
  }
  if (Array.isArray(value)) return value.map((each: unknown) => maskAt(each, keys, seen));
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value;
  return { ...value, [key]: maskAt(value[key], rest, seen) };
}

/** Strings and numbers in a value; short ones are words of every answer. */
function* stringsIn(value: unknown): Generator<string, void> {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (text.length > 2) yield text;
  } else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) yield* stringsIn(each);
}

/** True where the JSON of a value has so many characters at most. It stops there, so that a large event costs no more. */
function fits(value: unknown, most: number): boolean {
  let left = most;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    left -= 4;
    if (typeof next === 'string') left -= next.length;
    else if (typeof next === 'object' && next !== null) {
      for (const key in next) {
        left -= key.length + 3;
        open.push(Reflect.get(next, key));
        if (left < 0) return false;
      }
    }
    if (left < 0) return false;
  }
  return true;
}

/** @param redactOf the paths that the settings of a workspace redact */
export function createMaskers(
  { redact: withoutAny }: KnownSecrets,
  redactOf: (workspaceId: string) => readonly string[],
) {
  return (workspaceId: string): Masker => {
    const paths = redactOf(workspaceId).map((path) => path.split('.'));

    function masked(event: unknown, seen: string[] = []): unknown {
      let shown = event;
      for (const keys of paths) {
        shown = maskAt(shown, keys, seen);
        // Segment puts the traits of a person at the top, RudderStack's SDKs into the context.
        if (keys[0] === 'traits') shown = maskAt(shown, ['context', ...keys], seen);
      }
      return shown;
    }

    return {
      text(value) {
        if (typeof value !== 'string') return typeof value === 'number' ? String(value) : undefined;
        if (value === '') return undefined;
        // Cut behind the end of what is shown: half of a secret is one, too.
        return ownText(withoutAny(ownText(value, MAX_LOOKED)), MAX_SHOWN);
      },
      event: (event) => (paths.length === 0 ? event : masked(event)),
      json(event) {
        if (!fits(event, MAX_EVENT_CHARACTERS)) return undefined;
        if (!isJsonObject(event) && !Array.isArray(event)) return withoutAny(JSON.stringify(event ?? null));
        const text = toJsonText(event);
        return text === undefined || text.length > 2 * MAX_EVENT_CHARACTERS ? undefined : withoutAny(text);
      },
      note(text, event) {
        const seen: string[] = [];
        if (paths.length > 0) masked(event, seen);
        let told = text;
        for (const value of seen) if (value !== '') told = told.replaceAll(value, REDACTED);
        return ownText(withoutAny(told), MAX_NOTE);
      },
      answer(text, deliveries) {
        let told = text;
        if (paths.length > 0)
          for (const { payload } of deliveries)
            for (const value of stringsIn(parseJson(payload))) told = told.replaceAll(value, REDACTED);
        return ownText(withoutAny(told), MAX_NOTE);
      },
      redacts: paths.length > 0,
    };
  };
}
