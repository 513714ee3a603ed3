// Finds keys of Statsig that stand where another kind of key belongs, and what may be no key.

import type { DocumentSecret } from '../document-secrets.js';
import type { SettingsPath } from '../settings-path.js';
import { findKeyDoubt } from './key-text.js';
import type { Mistake } from './mistake.js';

/** A kind of key at a place. */
interface Misplaced {
  readonly place: SettingsPath;
  /** How the key begins. */
  readonly start: string;
  readonly kind: Mistake['kind'];
  readonly message: string;
}

const SERVER_KEY = 'is a server secret key of Statsig';
const CONSOLE_KEY = 'is a Console API key of Statsig';
const OF_A_CDP = 'no one but Statsig may get it. Here belongs the write key of a source of Segment or RudderStack';
const IN_PAGES = 'write keys stand in web pages. Make up another one';

const MISPLACED: readonly Misplaced[] = [
  {
    place: ['secretKey'],
    start: 'console-',
    kind: 'fault',
    message: `${CONSOLE_KEY}: it belongs under consoleKey, and a server secret key (secret-…) here`,
  },
  {
    place: ['secretKey'],
    start: 'client-',
    kind: 'warning',
    message: 'is a client key of Statsig: it sends events, but deletions need a server secret key (secret-…)',
  },
  {
    place: ['consoleKey'],
    start: 'secret-',
    kind: 'fault',
    message: `${SERVER_KEY}: it belongs under secretKey, and a Console API key (console-…) here`,
  },
  {
    place: ['consoleKey'],
    start: 'client-',
    kind: 'fault',
    message: 'is a client key of Statsig: a Console API key (console-…) belongs here',
  },
  { place: ['outbound', 'targets'], start: 'secret-', kind: 'warning', message: `${SERVER_KEY}: ${OF_A_CDP}` },
  { place: ['outbound', 'targets'], start: 'console-', kind: 'warning', message: `${CONSOLE_KEY}: ${OF_A_CDP}` },
  { place: ['trackingApi', 'writeKeys'], start: 'secret-', kind: 'warning', message: `${SERVER_KEY}: ${IN_PAGES}` },
  { place: ['trackingApi', 'writeKeys'], start: 'console-', kind: 'warning', message: `${CONSOLE_KEY}: ${IN_PAGES}` },
];

function mistakeOf(at: SettingsPath, key: string): Mistake | undefined {
  const doubt = findKeyDoubt(key);
  if (doubt !== undefined) return { kind: 'warning', at, message: doubt };
  const found = MISPLACED.find(
    ({ place, start }) => key.startsWith(start) && place.every((step, index) => at[index] === step),
  );
  return found && { kind: found.kind, at, message: found.message };
}

/** @param secrets of one document, resolved */
export function findMisplacedKeys(secrets: readonly DocumentSecret[]): readonly Mistake[] {
  return secrets.flatMap(({ at, secret }) => mistakeOf(at, secret?.reveal() ?? '') ?? []);
}
