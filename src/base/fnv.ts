// FNV-1a over the characters of a string: a call of a native checksum takes several times as long for so short a text.

/** @param seed makes another hash of it @returns 32 bits */
export function fnv1a(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
