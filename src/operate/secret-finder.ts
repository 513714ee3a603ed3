// Finds many strings in a text at once: a text is gone through once, however many workspaces have secrets.

import { isPercentEncoded, percentDecoded } from './percent-decoded.js';

/** Characters of a secret that are looked for first. */
const HEAD = 4;

/** Shorter secrets are words of any text (`w`, `shop`): they are taken out where they stand alone. */
const LONG = 6;

/** Of the last four characters, each shifted on by those after it; older ones have left it. */
function stepOf(hash: number, code: number): number {
  return ((hash << 4) ^ code) & 0xffff;
}

function headOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < HEAD; at += 1) hash = stepOf(hash, text.charCodeAt(at));
  return hash;
}

/** A string as it is, as it stands in JSON text, and in JSON text within strings of JSON text. */
function writtenForms(text: string): readonly string[] {
  const once = JSON.stringify(text).slice(1, -1);
  if (once === text) return [text];
  const twice = JSON.stringify(once).slice(1, -1);
  return [text, once, twice, JSON.stringify(twice).slice(1, -1)];
}

/** What stands for a secret. */
const REDACTED = '[redacted]';

/** A key of Statsig's, of any project, from here on. */
const STATSIG_KEY = /\b(secret|console|client)-\w{8,}/y;
const KEY_KINDS = ['secret', 'console', 'client'];

/** The same anywhere. */
const ANY_STATSIG_KEY = /\b(?:secret|console|client)-\w{8}/;

/** So few are looked for one by one: the engine's own search is faster than ours for as many. */
const FEW = 10;

const LETTER = /[\p{L}\p{N}]/u;

/** The text without a word that stands alone: no letter and no digit touches it. */
function withoutWord(text: string, word: string): string {
  let told = '';
  let from = 0;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    if (at < from || LETTER.test(text.charAt(at - 1)) || LETTER.test(text.charAt(end))) continue;
    told += text.slice(from, at) + REDACTED;
    from = end;
  }
  return told + text.slice(from);
}

/** What stands in a text and may not be shown. */
interface Found {
  readonly start: number;
  readonly end: number;
  readonly shown: string;
}

/** So often one encodes what is encoded already: a link within a link within a link. */
const MAX_ENCODED = 4;

/** @param found in any order; they may overlap */
function takeOut(text: string, found: readonly Found[]): string {
  let told = '';
  let from = 0;
  for (const { start, end, shown } of found.toSorted((a, b) => a.start - b.start)) {
    if (start >= from) told += text.slice(from, start) + shown;
    from = Math.max(from, end);
  }
  return told + text.slice(from);
}

/** Takes strings out of texts. */
export class SecretFinder {
  /** Whether a text may go on here with one of them, by the hash of four characters. */
  readonly #heads = new Uint8Array(0x10000);
  readonly #byHead = new Map<number, string[]>();
  readonly #short: readonly string[];
  /** All of them, where they are few. */
  readonly #few: readonly string[] | undefined;

  /** @param secrets none of them empty */
  constructor(secrets: Iterable<string>) {
    const written = [...secrets].flatMap(writtenForms);
    const known = [...new Set(written)].filter((text) => text !== '');
    this.#few = known.length <= FEW ? known : undefined;
    this.#short = known.filter(({ length }) => length < LONG);
    for (const text of known.toSorted((a, b) => b.length - a.length)) {
      if (text.length < LONG) continue;
      const head = headOf(text);
      this.#heads[head] = 1;
      this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), text]);
    }
    for (const kind of KEY_KINDS) this.#heads[headOf(kind)] = 1;
  }

  /** The same text without any of them, also where they are percent-encoded, and without what looks like a key of Statsig's. */
  redact(text: string): string {
    const told = this.#redactWritten(text);
    return isPercentEncoded(told) ? this.#redactEncoded(told) : told;
  }

  /** What is found in the decoded text is taken out of the one as it was written: it may be JSON. */
  #redactEncoded(written: string): string {
    const found: Found[] = [];
    let { text, starts } = percentDecoded(written);
    for (let times = 1; ; times += 1) {
      for (let next = this.#find(text, 0); next !== undefined; next = this.#find(text, next.end))
        found.push({ ...next, start: starts[next.start] ?? 0, end: starts[next.end] ?? written.length });
      if (times === MAX_ENCODED || !isPercentEncoded(text)) return takeOut(written, found);
      const before = starts;
      const again = percentDecoded(text);
      text = again.text;
      starts = again.starts.map((at) => before[at] ?? written.length);
    }
  }

  #redactWritten(text: string): string {
    if (this.#few?.some((secret) => text.includes(secret)) === false && !ANY_STATSIG_KEY.test(text)) return text;
    let told = text;
    let found = this.#find(text, 0);
    if (found !== undefined) {
      told = '';
      let from = 0;
      for (; found !== undefined; found = this.#find(text, from)) {
        told += text.slice(from, found.start) + found.shown;
        from = found.end;
      }
      told += text.slice(from);
    }
    for (const secret of this.#short) told = withoutWord(told, secret);
    return told;
  }

  #find(text: string, from: number): Found | undefined {
    const heads = this.#heads;
    let hash = 0;
    for (let at = from; at < text.length; at += 1) {
      hash = stepOf(hash, text.charCodeAt(at));
      if (heads[hash] !== 1 || at < from + HEAD - 1) continue;
      const found = this.#findAt(text, at - HEAD + 1, hash);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #findAt(text: string, start: number, hash: number): Found | undefined {
    const secret = this.#byHead.get(hash)?.find((each) => text.startsWith(each, start));
    if (secret !== undefined) return { start, end: start + secret.length, shown: REDACTED };
    STATSIG_KEY.lastIndex = start;
    const [key, kind] = STATSIG_KEY.exec(text) ?? [];
    return key === undefined ? undefined : { start, end: start + key.length, shown: `${kind}-${REDACTED}` };
  }
}
