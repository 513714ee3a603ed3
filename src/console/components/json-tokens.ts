// Parts of JSON text, to be coloured.

/** A part. `plain` is what stands between the others. */
export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'plain';
  readonly text: string;
}

/** Takes JSON text apart. Put together the parts are the text, also where it is no JSON. */
export function jsonTokens(text: string): readonly JsonToken[] {
  const tokens: JsonToken[] = [];
  const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
  let at = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [whole, quoted, colon, number] = match;
    if (match.index > at) tokens.push({ kind: 'plain', text: text.slice(at, match.index) });
    at = match.index + whole.length;
    if (quoted === undefined) tokens.push({ kind: number === undefined ? 'word' : 'number', text: whole });
    else {
      tokens.push({ kind: colon === undefined ? 'string' : 'key', text: quoted });
      if (colon !== undefined) tokens.push({ kind: 'plain', text: colon });
    }
  }
  if (at < text.length) tokens.push({ kind: 'plain', text: text.slice(at) });
  return tokens;
}
