// Finds many strings in a text at once: a text is gone through once, however many workspaces have secrets.

/** Characters of a secret that are looked for first. Shorter ones are found one by one. */
const HEAD = 4;

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

/** A key of Statsig's, of any project. */
const STATSIG_KEY = /\b(secret|console|client)-\w{8,}/g;
const KEY_KINDS = ['secret', 'console', 'client'];

/** Takes strings out of texts. */
export class SecretFinder {
  /** Whether a text may go on here with one of them, by the hash of four characters. */
  readonly #heads = new Uint8Array(0x10000);
  readonly #byHead = new Map<number, string[]>();
  readonly #short: readonly string[];

  /** @param secrets none of them empty */
  constructor(secrets: Iterable<string>) {
    const written = [...secrets].flatMap(writtenForms);
    const known = [...new Set(written)].filter((text) => text !== '');
    this.#short = known.filter(({ length }) => length < HEAD);
    for (const text of known.toSorted((a, b) => b.length - a.length)) {
      if (text.length < HEAD) continue;
      const head = headOf(text);
      this.#heads[head] = 1;
      this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), text]);
    }
    for (const kind of KEY_KINDS) this.#heads[headOf(kind)] = 1;
  }

  /** The same text without any of them, and without what looks like a key of Statsig's. */
  redact(text: string): string {
    let told = this.#mayHoldAny(text) ? this.#replace(text).replace(STATSIG_KEY, `$1-${REDACTED}`) : text;
    for (const secret of this.#short) told = told.replaceAll(secret, REDACTED);
    return told;
  }

  #mayHoldAny(text: string): boolean {
    const heads = this.#heads;
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      hash = stepOf(hash, text.charCodeAt(at));
      if (heads[hash] === 1) return true;
    }
    return false;
  }

  #replace(text: string): string {
    let told = '';
    let from = 0;
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      hash = stepOf(hash, text.charCodeAt(at));
      const start = at - HEAD + 1;
      if (start < from || this.#heads[hash] !== 1) continue;
      const found = this.#byHead.get(hash)?.find((secret) => text.startsWith(secret, start));
      if (found === undefined) continue;
      told += text.slice(from, start) + REDACTED;
      from = start + found.length;
      at = from - 1;
    }
    return told + text.slice(from);
  }
}
