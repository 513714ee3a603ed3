// The secrets of a recording, each with the placeholder that stands for it, and every writing of them in a text.

import { basicForms } from '../call/redaction.js';
import { TooManyValuesError } from './numbered.js';

/** A shorter one may be part of any word: it is replaced where it stands alone. */
const SURE_LENGTH = 16;

/** A shorter one is replaced in its own place only. */
const MIN_LENGTH = 6;

const MAX_SECRETS = 10_000;

/** What may be base64, and how often it may be so again. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
const MAX_DEPTH = 3;

/** What stands for the second secret of a kind, and so on: `{{writeKey:b}}`. */
function suffixOf(count: number): string {
  if (count === 0) return '';
  return count < 26 ? `:${String.fromCharCode(0x61 + count)}` : `:${count}`;
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

interface Known {
  readonly placeholder: string;
  /** Finds the secret in a text, in any writing that the text itself may have. */
  readonly pattern: RegExp;
}

/** As it stands, escaped by JSON once and twice, and in an address, by itself or in JSON. */
function writingsOf(secret: string): readonly string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const inAddress = [secret, escaped].flatMap((text) => [
    encodeURIComponent(text),
    new URLSearchParams({ '': text }).toString().slice(1),
  ]);
  return [secret, escaped, JSON.stringify(escaped).slice(1, -1), ...inAddress];
}

/** Writings of which no text is made again, but that must not be on disk. */
function encodedForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    ...basicForms(secret).slice(0, 2),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}

function patternOf(secret: string): RegExp {
  const writings = [...new Set(writingsOf(secret))].map(escapeForPattern).join('|');
  return secret.length < SURE_LENGTH
    ? new RegExp(`(?<![\\w-])(?:${writings})(?![\\w-])`, 'g')
    : new RegExp(writings, 'g');
}

/** Learns secrets, and replaces them. */
export class Secrets {
  readonly #known = new Map<string, Known>();
  readonly #counts = new Map<string, number>();

  /**
   * Adds a secret, unless it is known.
   *
   * @param kind of placeholder: `writeKey`
   * @returns the placeholder
   * @throws TooManyValuesError
   */
  learn(secret: string, kind: string): string {
    const known = this.#known.get(secret);
    if (known !== undefined) return known.placeholder;
    if (this.#known.size >= MAX_SECRETS) throw new TooManyValuesError();
    const count = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, count + 1);
    const placeholder = `{{${kind}${suffixOf(count)}}}`;
    this.#known.set(secret, { placeholder, pattern: patternOf(secret) });
    return placeholder;
  }

  /** Those of a kind, each with its placeholder. */
  ofKind(kind: string): readonly (readonly [secret: string, placeholder: string])[] {
    const ours = new RegExp(`^\\{\\{${kind}[:}]`);
    return [...this.#known].flatMap(([secret, { placeholder }]) =>
      ours.test(placeholder) ? [[secret, placeholder] as const] : [],
    );
  }

  /** The same text with placeholders for all that is known. */
  replaceIn(text: string): string {
    let replaced = text;
    // The longest first: one may be part of another.
    for (const secret of [...this.#known.keys()].sort((a, b) => b.length - a.length)) {
      const known = this.#known.get(secret);
      if (known !== undefined && secret.length >= MIN_LENGTH)
        replaced = replaced.replace(known.pattern, known.placeholder);
    }
    return replaced;
  }

  /**
   * The placeholder of a secret that stands in a text, in any writing; `undefined` where there is none.
   *
   * @param depth of base64 within base64
   */
  findIn(text: string, depth = 0): string | undefined {
    const found = this.#findPlain(text);
    if (found !== undefined || depth === MAX_DEPTH) return found;
    for (const [run] of text.matchAll(BASE64_RUN)) {
      const inner = this.findIn(Buffer.from(run, 'base64').toString('latin1'), depth + 1);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  #findPlain(text: string): string | undefined {
    const lower = text.toLowerCase();
    for (const [secret, { placeholder, pattern }] of this.#known) {
      if (secret.length < MIN_LENGTH) continue;
      if (text.search(pattern) >= 0) return placeholder;
      if (secret.length < SURE_LENGTH / 2) continue;
      // In the middle of a word it was not replaced.
      if (text.includes(secret)) return placeholder;
      if (encodedForms(secret).some((form) => text.includes(form) || (/^[\da-f]+$/.test(form) && lower.includes(form))))
        return placeholder;
    }
    return undefined;
  }
}
