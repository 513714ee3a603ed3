// Secrets that can be told from anything else, and the search for them in whatever the program leaves behind.

import { createHash } from 'node:crypto';

/** A piece of a secret that is as long as this counts as the secret. */
const PIECE = 12;

/** Where a secret was found. */
export interface Leak {
  /** What the secret is for, and how it is written there. */
  readonly secret: string;
  /** Of the text. */
  readonly place: string;
  /** The text around it. */
  readonly excerpt: string;
}

/** Secrets, and the search for them. */
export interface Canaries {
  /** The secret for this purpose, always the same one. It is made of characters that a key may have. */
  of(purpose: string): string;
  /** Adds a secret that was made by somebody else. */
  add(purpose: string, secret: string): void;
  /** Purposes of all secrets so far. */
  purposes(): readonly string[];
  /** Every secret of which a piece stands in the text, once each. */
  search(place: string, text: string): readonly Leak[];
}

/** The text as base64 has it inside of a longer text, whatever stands before it. */
function base64Forms(text: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.from(' '.repeat(offset) + text).toString('base64');
    // What neighbours share in a character is not the secret's alone.
    return whole.slice(offset === 0 ? 0 : 4, whole.replace(/=+$/, '').length - 1);
  });
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** How a secret may be written, by the name of the writing. */
function formsOf(secret: string): ReadonlyMap<string, readonly string[]> {
  const inBase64 = base64Forms(secret);
  return new Map([
    ['as it is', [secret]],
    ['escaped', [escaped(secret), escaped(escaped(secret))]],
    ['URL-encoded', [encodeURIComponent(secret), encodeURI(secret), new URLSearchParams([['', secret]]).toString()]],
    ['base64', [...inBase64, ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]],
    ['hexadecimal', [Buffer.from(secret).toString('hex')]],
  ]);
}

/** Secrets whose every piece is theirs alone; every second one holds characters that JSON, URLs and base64 write differently. */
export function createCanaries(): Canaries {
  const secrets = new Map<string, string>();
  const pieces = new Map<string, string>();

  function add(purpose: string, secret: string): void {
    secrets.set(purpose, secret);
    for (const [form, texts] of formsOf(secret)) {
      for (const text of texts) {
        // In small letters, so that a header in other letters is found, too; base64 tells them apart.
        const told = form === 'base64' ? text : text.toLowerCase();
        for (let i = 0; i + PIECE <= told.length; i += 1) {
          const piece = told.slice(i, i + PIECE);
          if (!pieces.has(piece)) pieces.set(piece, `${purpose}, ${form}`);
        }
      }
    }
  }

  return {
    add,
    of(purpose) {
      const known = secrets.get(purpose);
      if (known !== undefined) return known;
      const digest = createHash('sha256').update(purpose).digest('hex');
      const special =
        secrets.size % 2 === 0 ? '' : [...'"+/%\\&'].map((character, i) => character + digest[i]).join('');
      const secret = `canary-${digest.slice(8, 20)}${special}${digest.slice(20, 32)}`;
      add(purpose, secret);
      return secret;
    },
    purposes: () => [...secrets.keys()],
    search(place, text) {
      const found = new Map<string, Leak>();
      for (const told of [text, text.toLowerCase()]) {
        for (let i = 0; i + PIECE <= told.length; i += 1) {
          const secret = pieces.get(told.slice(i, i + PIECE));
          if (secret === undefined || found.has(secret)) continue;
          found.set(secret, { secret, place, excerpt: text.slice(Math.max(0, i - 120), i + 60) });
        }
      }
      return [...found.values()];
    },
  };
}
