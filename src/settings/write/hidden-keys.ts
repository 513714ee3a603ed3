// Hides the keys that stand in a settings file itself, so that its text can be shown, and puts them back.

import { isDeepStrictEqual } from 'node:util';
import { type Document, isAlias, isPair, isScalar, visit } from 'yaml';
import type { ValueSchema } from '../manifest/model.js';
import { manifest } from '../manifest.js';
import { looksLikeKey } from '../settings-path.js';
import { readYaml } from '../yaml-tree.js';
import { TextChangeError } from './change-text.js';
import { composeWithTokens, isMap, isSeq, type ParsedNode } from './source-text.js';

/** A text for people, in which `kept:1` stands for the first key that is not shown, `kept:2` for the second. */
export interface HiddenKeys {
  readonly shown: string;
  /** What is hidden, as it is written, by the word that stands for it. */
  readonly keys: ReadonlyMap<string, string>;
  /** The words for what was found by its form alone, such as in a comment. */
  readonly loose: ReadonlySet<string>;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const WORD = 'kept:';

/** Says where a key is, and is none. */
const REFERENCE = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|kept:\d+)$/;

/** A key that is as short may be a word that stands in other places by chance. */
const MIN_KNOWN_LENGTH = 12;

function holdsSecret(schema: ValueSchema | undefined): boolean {
  if (schema === undefined || schema.secret === true) return true;
  return (
    (schema.items !== undefined && holdsSecret(schema.items)) ||
    Object.values(schema.properties ?? {}).some((part) => holdsSecret(part))
  );
}

/** A place that a key may stand in. */
interface KeyPlace extends Range {
  readonly value: unknown;
  /** Where the blank behind `writeKey:` is forgotten, a key stands in the place of a name. */
  readonly isName: boolean;
}

/** Places of keys, and whatever stands in a place that settings do not have. */
function* findPlaces(document: Document.Parsed, text: string): Generator<KeyPlace, void> {
  function* walk(node: ParsedNode | null | undefined, schema: ValueSchema | undefined): Generator<KeyPlace, void> {
    if (node === null || node === undefined) return;
    if (isAlias(node)) yield* walk(node.resolve(document) as ParsedNode | undefined, schema);
    else if (isMap<ParsedNode, ParsedNode | null>(node)) {
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const name = String(pair.key.value);
        yield { from: pair.key.range[0], to: pair.key.range[1], value: name, isName: true };
        yield* walk(
          pair.value,
          name === 'workspaces' && schema === manifest.settings ? WORKSPACES : schema?.properties?.[name],
        );
      }
    } else if (isSeq<ParsedNode>(node)) {
      for (const item of node.items) yield* walk(item, schema === manifest.settings ? schema : schema?.items);
    } else if (isScalar(node) && holdsSecret(schema)) {
      const { value, range } = node;
      const to = range[0] + text.slice(range[0], range[1]).trimEnd().length;
      yield { from: range[0], to, value, isName: false };
    }
  }
  yield* walk(document.contents, manifest.settings);
}

/** Whether what stands there is a key, and not a reference to one. */
function isKey({ value, isName }: KeyPlace): boolean {
  if (isName) return looksLikeKey(String(value));
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return false;
  return value !== '' && !REFERENCE.test(String(value));
}

/** What `workspaces` beside nothing else holds. */
const WORKSPACES: ValueSchema = { ...manifest.settings, items: manifest.settings };

/** Keys of Statsig's, wherever they stand, such as in a comment, and those in force. */
function* findByForm(text: string, known: readonly string[]): Generator<Range, void> {
  for (const { index, 0: found } of text.matchAll(/\b(?:secret|console|client)-\w{8,}/g))
    yield { from: index, to: index + found.length };
  for (const key of known) {
    if (key.length < MIN_KNOWN_LENGTH) continue;
    for (let from = text.indexOf(key); from !== -1; from = text.indexOf(key, from + key.length))
      yield { from, to: from + key.length };
  }
}

/** In the order of the text; of two that overlap the first one, which is the longer one. */
function withoutOverlaps(ranges: readonly Range[]): readonly Range[] {
  const taken: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from || b.to - a.to))
    if (range.from >= (taken.at(-1)?.to ?? 0)) taken.push(range);
  return taken;
}

function quoteOf(written: string): string {
  return /^(["']).*\1$/s.exec(written)?.[1] ?? '';
}

/**
 * Hides every key that is written in a text, and whatever may be one: what stands under names that settings do not have.
 *
 * @param text YAML without faults of syntax
 * @param known keys in force, which are hidden wherever they stand
 * @param words stand for keys of another text, too, where the two are compared
 */
export function hideKeys(text: string, known: readonly string[] = [], words = new Map<string, string>()): HiddenKeys {
  const inPlace = composeWithTokens(text).flatMap((document) => [...findPlaces(document, text)].filter(isKey));
  const starts = new Set(inPlace.map(({ from }) => from));
  const ranges = withoutOverlaps([...inPlace, ...findByForm(text, known)]);
  let next = Math.max(0, ...[...text.matchAll(/kept:(\d+)/g)].map(([, number]) => Number(number)), words.size) + 1;
  const keys = new Map<string, string>();
  const loose = new Set<string>();
  const parts: string[] = [];
  let end = 0;
  for (const { from, to } of ranges) {
    const written = text.slice(from, to);
    const word = words.get(written) ?? `${WORD}${next++}`;
    words.set(written, word);
    keys.set(word, written);
    if (!starts.has(from)) loose.add(word);
    const quote = quoteOf(written);
    parts.push(text.slice(end, from), quote, word, quote);
    end = to;
  }
  return { shown: parts.join('') + text.slice(end), keys, loose };
}

/** In the quotes that somebody has put around the word. */
function written(key: string, quote: string): string {
  if (quote === '' || quoteOf(key) !== '') return key;
  return quote === '"' ? JSON.stringify(key) : `'${key.replaceAll("'", "''")}'`;
}

/** The values of a text with keys in the place of words. */
function valuesWith(text: string, keyOf: (word: string) => unknown): unknown {
  const reading = readYaml(text);
  if ('faults' in reading) return undefined;
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return keyOf(value);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [String(keyOf(name)), fill(part)]));
  };
  return reading.trees.map(({ value }) => fill(value));
}

function valueOfKey(key: string): unknown {
  const reading = readYaml(key);
  return 'faults' in reading ? undefined : reading.trees[0]?.value;
}

const MOVED =
  'stands for a key, and may stand only where keys stand: put it back where it was, or take it away with its line';

const isWithin = (ranges: readonly Range[], at: number) => ranges.some(({ from, to }) => from <= at && at < to);

function scalarsOf(documents: readonly Document.Parsed[]): readonly Range[] {
  const found: Range[] = [];
  for (const document of documents)
    visit(document, {
      Scalar(_key, { range }) {
        if (range) found.push({ from: range[0], to: range[1] });
      },
    });
  return found;
}

/**
 * A key that came into a name of events would be in every answer that shows one.
 *
 * @throws TextChangeError
 */
function assertInPlace(shown: string, before: HiddenKeys): void {
  const documents = composeWithTokens(shown);
  const places = documents.flatMap((document) => [...findPlaces(document, shown)]);
  const scalars = scalarsOf(documents);
  const lines = new Set(before.shown.split('\n'));
  for (const { 0: word, index } of shown.matchAll(/\bkept:\d+\b/g)) {
    const isKnown = before.keys.has(word);
    if (isWithin(places, index)) {
      if (!isKnown && !before.shown.includes(word)) throw new TextChangeError(`${word} stands for no key of this file`);
      continue;
    }
    if (!isKnown) continue;
    const line = shown.slice(shown.lastIndexOf('\n', index) + 1).split('\n', 1)[0] ?? '';
    const stays = before.loose.has(word) && (!isWithin(scalars, index) || lines.has(line));
    if (!stays) throw new TextChangeError(`${word} ${MOVED}`);
  }
}

/**
 * Puts the keys back into a text that was shown and edited.
 *
 * @param before what was shown
 * @throws TextChangeError where a word stands for no key, or where its key must not stand or cannot be written
 */
export function putKeysBack(shown: string, before: HiddenKeys): string {
  const { keys } = before;
  // What is no YAML is never saved, and nothing of it is tried.
  if (!shown.includes(WORD) || 'faults' in readYaml(shown)) return shown;
  assertInPlace(shown, before);
  const text = shown.replace(/(["']?)\b(kept:\d+)\b\1/g, (whole, quote: string, word: string) => {
    const key = keys.get(word);
    return key === undefined ? whole : written(key, quote);
  });
  const expected = valuesWith(shown, (word) => (keys.has(word) ? valueOfKey(keys.get(word) ?? '') : word));
  if (
    expected !== undefined &&
    !isDeepStrictEqual(
      expected,
      valuesWith(text, (word) => word),
    )
  )
    throw new TextChangeError(
      'A key that is not shown (kept:1) cannot be written in its new place: leave it in quotes or without them, as it was',
    );
  return text;
}
