// Undoes percent-encoding where there is any, and knows where each character stood.

/** True where a text may be encoded. */
export function isPercentEncoded(text: string): boolean {
  return /%[\da-f]{2}/i.test(text);
}

/** A decoded text. */
export interface PercentDecoded {
  readonly text: string;
  /** Where each of its characters begins in the text before, and one more: where that ends. */
  readonly starts: readonly number[];
}

/** Bytes that a character has in UTF-8 which begins with one. */
function bytesFrom(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** The character whose first byte stands encoded at a place, and how long it is written; `undefined` where there is none. */
function characterAt(text: string, at: number): { readonly character: string; readonly length: number } | undefined {
  const length = 3 * bytesFrom(Number.parseInt(text.slice(at + 1, at + 3), 16) || 0);
  try {
    const written = text.slice(at, at + length);
    return /^(?:%[\da-f]{2})+$/i.test(written) ? { character: decodeURIComponent(written), length } : undefined;
  } catch {
    return undefined;
  }
}

/** Decodes what can be decoded; the rest stays. */
export function percentDecoded(text: string): PercentDecoded {
  const starts: number[] = [];
  let decoded = '';
  for (let at = 0; at < text.length; ) {
    const found = text[at] === '%' ? characterAt(text, at) : undefined;
    const character = found?.character ?? text[at] ?? '';
    for (let half = 0; half < character.length; half += 1) starts.push(at);
    decoded += character;
    at += found?.length ?? 1;
  }
  starts.push(text.length);
  return { text: decoded, starts };
}
