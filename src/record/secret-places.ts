// Knows by its name what holds a secret: a field, a header, a parameter.

import type { Receiver } from '../contract/fixture.js';

/** Names of fields, in small letters and without `-` and `_`, with the kind of their placeholder. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['writekey', 'writeKey'],
  ['secretkey', 'secretKey'],
  ['statsigapikey', 'secretKey'],
  ['consolekey', 'consoleKey'],
  ['apikey', 'apiKey'],
  ['sharedsecret', 'sharedSecret'],
  ['headersecret', 'headerSecret'],
  ['signingsecret', 'signingSecret'],
]);

/** How names of secrets end, whatever else they say. */
const SECRET_END =
  /(?:writekey|secretkey|apikey|consolekey|accesskey|privatekey|signingkey|encryptionkey|secret|password|passwd|passphrase|token|signature|authorization|credential|cookie|sessionid|passcode)s?$/;

/** Too short to be looked for at the end of any word: the last word of a name, or all of it. */
const SECRET_WORD = /(?:^|[-_.\s]|(?<=[a-z0-9])(?=[A-Z]))(?:pwd|pin|otp|jwt|hmac|sig|auth)s?$/i;

/** Whether a browser may send cookies is no cookie. */
const NO_SECRET = /^accesscontrol/;

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, '');
}

/** `x-auth-token` as `xAuthToken`, for a placeholder that is known to no one else. */
function camelCase(name: string): string {
  const words = name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word, at) =>
    at === 0 ? word.charAt(0).toLowerCase() + word.slice(1) : word.charAt(0).toUpperCase() + word.slice(1),
  );
  return joined.join('').slice(0, 40) || 'secret';
}

/** The kind of secret that a field or a header of this name holds; `undefined` where it is none. */
export function kindOfName(name: string): string | undefined {
  const word = plain(name);
  if (!(SECRET_END.test(word) || SECRET_WORD.test(name)) || NO_SECRET.test(word)) return undefined;
  return KINDS.get(word.replace(/^x(?=\w)/, '')) ?? KINDS.get(word.replace(/s$/, '')) ?? camelCase(name);
}

/** The same of a value at the end of a path: below a name of a secret, all is secret. @param path names from the outermost */
export function kindOfPath(path: readonly string[]): string | undefined {
  for (let at = path.length - 1; at >= 0; at -= 1) {
    const kind = kindOfName(path[at] ?? '');
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** The kind of the key that stands in Basic authentication. @param to who was asked: the plugin, or a receiver of its calls */
export function kindOfBasic(to: Receiver | 'plugin'): string {
  return to === 'segment' || to === 'rudderstack' ? 'targetKey' : 'writeKey';
}

/** The kind of a key in a header or a field of a message to this receiver, where that tells more than its name. */
export function kindFor(kind: string, to: Receiver | 'plugin'): string {
  if (to === 'console' && kind === 'secretKey') return 'consoleKey';
  if (kind === 'writeKey') return kindOfBasic(to);
  return kind;
}
