// Scrubs one fixture: secrets, people, and what is another value each time.

import { parseJson } from '../base/json.js';
import type { Json, Receiver } from '../contract/fixture.js';
import { Moments } from './moments.js';
import { Numbered } from './numbered.js';
import { readLosslessJson } from './readable-body.js';
import { type ScrubRules, withoutIdentity, withoutWording } from './scrub-rules.js';
import { kindFor, kindOfBasic, kindOfPath } from './secret-places.js';

/** The beginning of those that the recorder numbers: text may be looked at twice. */
const NUMBERED = '00000000-0000-4000-8000-';

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi;

/** What an id that is made of the content of an event looks like. */
const HASH = /(?<![\da-f])[\da-f]{32,64}(?![\da-f])/gi;

/** A field and its value in JSON text that cannot be read as a whole. */
const NAMED_VALUE = /"((?:[^"\\]|\\.){1,200})"(\s{0,100}:\s{0,100})("(?:[^"\\]|\\.){0,4096}"|-?\d[\d.eE+-]{0,40})/g;

/** A part of a form of several parts, and an element of XML: the name and the value. */
const PART = /\bname="([^"\r\n]{1,200})"[^\r\n]{0,400}\r?\n(?:[^\r\n]{1,400}\r?\n){0,8}\r?\n([^\r\n]{1,4096})/g;
const ELEMENT = /<([\w:.-]{1,100})>([^<]{1,4096})</g;

const BASE64 = /^(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const BASIC = /^Basic ([A-Za-z0-9+/=_-]+)$/i;

/** Where a value stands. */
export interface Place {
  /** Names from the outermost, without the numbers of lists. */
  readonly path: readonly string[];
  /** False for what is expected of the plugin: there a value that no one sent is not known beforehand. */
  readonly isSent: boolean;
  readonly to: Receiver | 'plugin';
}

function isFields(value: Json): value is { readonly [field: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(place: Place, name: string): Place {
  return { ...place, path: [...place.path, name] };
}

/** JSON that is written in a string: an object, a list, or a string in which there may be one. */
function jsonIn(text: string): Json | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  return readLosslessJson(text);
}

function textInBase64(text: string): string | undefined {
  if (!BASE64.test(text)) return undefined;
  const inner = Buffer.from(text, 'base64').toString();
  return Buffer.from(inner).toString('base64') === text ? inner : undefined;
}

/** One fixture's messages, in the order in which they came. */
export class FixtureScrubber {
  readonly #rules: ScrubRules;
  readonly #moments: Moments;
  readonly #uuids = new Numbered();
  readonly #hashes = new Set<string>();

  /** @param now of the recording, milliseconds since the epoch */
  constructor(rules: ScrubRules, now: number) {
    this.#rules = rules;
    this.#moments = new Moments(now);
  }

  /** Learns the secrets of a value, so that they are replaced wherever else they stand, before it too. */
  learn(value: Json, place: Place): void {
    if (typeof value === 'string') this.#learnText(value, place);
    else if (Array.isArray(value)) for (const each of value) this.learn(each, place);
    else if (isFields(value)) for (const [name, each] of Object.entries(value)) this.learn(each, within(place, name));
  }

  #learnText(text: string, place: Place): void {
    const basic = BASIC.exec(text)?.[1];
    if (basic !== undefined) {
      const [user = '', ...rest] = Buffer.from(basic, 'base64').toString().split(':');
      const password = rest.join(':');
      if (user !== '') this.#rules.secrets.learn(user, kindOfBasic(place.to));
      if (password !== '') this.#rules.secrets.learn(password, 'password');
      return;
    }
    const kind = kindOfPath(place.path);
    if (kind !== undefined && text !== '') {
      const secret = text.replace(/^Bearer /i, '');
      this.#rules.secrets.learn(secret, secret === text ? kindFor(kind, place.to) : 'headerSecret');
      return;
    }
    const inner = textInBase64(text);
    if (inner !== undefined) this.#learnText(inner, place);
    else this.learnString(text, place);
  }

  /** The same of a text that may hold JSON, or names with values. */
  learnString(text: string, place: Place): void {
    const json = jsonIn(text) ?? (/^\s*[[{]/.test(text) ? (parseJson(text) as Json | undefined) : undefined);
    if (json !== undefined) {
      this.learn(json, place);
      return;
    }
    const plain = decoded(text, false);
    if (plain !== text) this.#learnText(plain, place);
    for (const [, name = '', , written = ''] of text.matchAll(NAMED_VALUE)) {
      const value = parseJson(written) as Json | undefined;
      if (typeof value === 'string') this.learn(value, within(place, String(parseJson(`"${name}"`) ?? name)));
    }
    for (const pattern of [PART, ELEMENT])
      for (const [, name = '', value = ''] of text.matchAll(pattern)) this.#learnText(value, within(place, name));
    if (/^[^\s={}]+=/.test(text))
      for (const [name, value] of new URLSearchParams(text)) this.learn(value, within(place, name));
  }

  /** The same value without what must not be kept. */
  scrub(value: Json, place: Place): Json {
    if (typeof value === 'boolean' || value === null) return value;
    if (Array.isArray(value)) return value.map((each: Json) => this.scrub(each, place));
    if (isFields(value)) {
      const known = place.isSent ? value : withoutIdentity(value, place.path.at(-1) ?? '');
      const entries = Object.entries(known).map(([name, each]): [string, Json] => [
        this.text(name, { ...place, path: [] }),
        this.scrub(each, within(place, name)),
      ]);
      return Object.fromEntries(entries);
    }
    const asked = this.#rules.fieldName(place.path);
    if (asked !== undefined && value !== '') return this.#rules.replacementFor(asked, value as string | number);
    const kind = kindOfPath(place.path);
    if (typeof value === 'number')
      return kind === undefined ? this.#moments.ofNumber(value, place.isSent) : `{{${kind}}}`;
    return kind === undefined ? this.#string(value as string, place) : this.#secret(value as string, kind, place);
  }

  #secret(text: string, kind: string, place: Place): string {
    if (text === '') return text;
    if (BASIC.test(text)) return this.#basic(text, place);
    const [scheme = ''] = /^Bearer /i.exec(text) ?? [];
    const secret = text.slice(scheme.length);
    return scheme + this.#rules.secrets.learn(secret, scheme === '' ? kindFor(kind, place.to) : 'headerSecret');
  }

  /** A password beside the key cannot be written in a fixture: what stands for both is no Basic authentication. */
  #basic(text: string, place: Place): string {
    const inner = Buffer.from(BASIC.exec(text)?.[1] ?? '', 'base64').toString();
    const [user = '', ...rest] = inner.split(':');
    const password = rest.join(':');
    const { secrets } = this.#rules;
    if (password !== '' || user === '') return `Basic ${secrets.learn(password || text, 'password')}`;
    return `Basic ${secrets.learn(user, kindOfBasic(place.to)).replace('{{', '{{basic:')}`;
  }

  /** Text that may hold JSON, in base64 or not. */
  #string(text: string, place: Place): Json {
    const json = jsonIn(text);
    if (json !== undefined) {
      const scrubbed = JSON.stringify(this.scrub(json, place));
      return scrubbed === JSON.stringify(json) ? text : scrubbed;
    }
    const inner = textInBase64(text);
    if (inner === undefined) return this.text(text, place);
    const scrubbed = this.#string(inner, place);
    if (scrubbed === inner) return text;
    if (!place.isSent) return { '{{base64}}': jsonIn(String(scrubbed)) ?? scrubbed };
    return Buffer.from(String(scrubbed)).toString('base64');
  }

  /** Plain text. */
  text(text: string, place: Place): string {
    const { isSent } = place;
    const clean = this.#rules.replaceIn(text, isSent).replace(UUID, (uuid) => this.#uuid(uuid.toLowerCase(), isSent));
    const moved = this.#moments.replaceIn(isSent ? this.#sawHashes(clean) : this.#withoutHashes(clean), isSent);
    return isSent ? moved : withoutWording(moved, place.path.at(-1) ?? '');
  }

  #sawHashes(text: string): string {
    for (const [hash] of text.matchAll(HASH)) this.#hashes.add(hash);
    return text;
  }

  /** What no one sent the plugin has made. */
  #withoutHashes(text: string): string {
    return text.replace(HASH, (hash) => (this.#hashes.has(hash) ? hash : '{{text}}'));
  }

  #uuid(uuid: string, isSent: boolean): string {
    if (uuid.startsWith(NUMBERED)) return uuid;
    if (!isSent && !this.#uuids.has(uuid)) return '{{uuid}}';
    return `${NUMBERED}${String(this.#uuids.of(uuid)).padStart(12, '0')}`;
  }

  /** Text of a body that is no JSON, or JSON that says more than its value: fields are found by their names in it. */
  bodyText(text: string, place: Place): string {
    const isForm = !/^\s*[[{"]/.test(text) && /^[^\s={}]+=/.test(text);
    if (isForm) return this.query(text, place);
    const replaced = text.replace(NAMED_VALUE, (found, name: string, colon: string, written: string) => {
      const value = parseJson(written) as Json | undefined;
      if (value === undefined) return found;
      const scrubbed = this.scrub(value, within(place, String(parseJson(`"${name}"`) ?? name)));
      return scrubbed === value ? found : `"${name}"${colon}${JSON.stringify(scrubbed)}`;
    });
    return this.text(replaced, place);
  }

  /** A query, or a form: `a=b&c=d`. */
  query(text: string, place: Place): string {
    return text
      .split('&')
      .map((pair) => {
        const [, name = pair, value] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
        if (value === undefined) return this.#encoded(pair, place);
        return `${this.#encoded(name, place)}=${this.#encoded(value, within(place, decoded(name)))}`;
      })
      .join('&');
  }

  #encoded(text: string, place: Place): string {
    const plain = decoded(text);
    const scrubbed = this.scrub(plain, place);
    if (scrubbed === plain) return text;
    return encodeURIComponent(String(scrubbed))
      .replaceAll('%7B%7B', '{{')
      .replaceAll('%7D%7D', '}}')
      .replaceAll('%3A', ':');
  }

  /** The target of a request: path and query. */
  target(path: string, place: Place): string {
    const [, before = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(path) ?? [];
    const segments = before.split('/').map((segment) => this.#encoded(segment, { ...place, path: ['path'] }));
    return segments.join('/') + (query === undefined ? '' : `?${this.query(query, place)}`);
  }
}

/** @param isForm in forms and queries, a space is written as `+` */
function decoded(text: string, isForm = true): string {
  try {
    return decodeURIComponent(isForm ? text.replaceAll('+', ' ') : text);
  } catch {
    return text;
  }
}
