// The values that are made up for one run of a fixture, and the addresses that are known then.

import { randomBytes } from 'node:crypto';
import type { EpochMs } from '../base/time.js';
import type { Receiver } from './fixture.js';

/** Kinds of values that are made up, with the word that begins each. */
const MADE_UP: Readonly<Record<string, string>> = {
  workspace: 'w',
  secretKey: 'secret',
  consoleKey: 'console',
  writeKey: 'write',
  targetKey: 'target',
  signingSecret: 'signing',
  sharedSecret: 'shared',
  headerSecret: 'header',
  apiKey: 'api',
  destinationId: 'dst',
  sourceId: 'src',
  rudderWorkspaceId: 'ws',
};

/** What no answer may show unless the fixture says so. A sender shows its write key to everybody. */
const SECRET_KINDS: ReadonlySet<string> = new Set([
  'secretKey',
  'consoleKey',
  'signingSecret',
  'sharedSecret',
  'headerSecret',
  'apiKey',
]);

/** Where each receiver listens, without a slash at the end. */
export type ReceiverUrls = Readonly<Record<Receiver, string>>;

/** What the placeholders of a fixture stand for. */
export interface FixtureValues {
  /** Part of every value that is made up; no other fixture has it. */
  readonly tag: string;
  /** @param name without braces: `writeKey:b`, `now-300000`; `undefined` where it is no placeholder of a value */
  resolve(name: string): string | number | undefined;
  /** Secrets that were made up so far. */
  secrets(): readonly string[];
}

/** A moment as a placeholder says it: `now-300000`, `nowMs`. */
const MOMENT = /^now(Ms)?([+-]\d+)?$/;
const NAMED = /^([a-zA-Z]+)(?::([\w-]{1,20}))?$/;

/** Before a name: in base64, or as the user name of Basic authentication, without a password. */
const ENCODED = /^(basic|base64):(.+)$/;

/** True for a text with a placeholder of a value that is made up. */
export function holdsMadeUp(text: string): boolean {
  return Object.keys(MADE_UP).some((kind) => new RegExp(`[{:]${kind}[}:]`).test(text));
}

const RUN = randomBytes(4).toString('hex').slice(0, 5);
let count = 0;

/** Where a tag stands in a text. */
export const TAG = /xq[0-9a-f]{5}[0-9a-z]{4}/;

/** @returns a tag that no other fixture has, in this run and, by its random part, in others */
export function makeTag(): string {
  count += 1;
  return `xq${RUN}${count.toString(36).padStart(4, '0')}`;
}

/**
 * @param now when the request is sent, milliseconds since the epoch; `undefined` where nothing is sent: `{{now}}` then stands for itself
 */
export function createValues(
  urls: ReceiverUrls,
  tag: string = makeTag(),
): FixtureValues & { at(now: EpochMs): FixtureValues } {
  const secrets = new Set<string>();

  function make(kind: string, suffix: string | undefined): string | undefined {
    const word = Object.hasOwn(MADE_UP, kind) ? MADE_UP[kind] : undefined;
    if (word === undefined) return undefined;
    const value = `${word}-${tag}${suffix === undefined ? '' : `-${suffix}`}`;
    if (SECRET_KINDS.has(kind)) secrets.add(value);
    return value;
  }

  function named(name: string): string | undefined {
    const [, kind = '', suffix] = NAMED.exec(name) ?? [];
    const receiver = /^(.+)Url$/.exec(kind)?.[1];
    if (receiver !== undefined && Object.hasOwn(urls, receiver)) return urls[receiver as Receiver];
    return make(kind, suffix);
  }

  function resolveAt(name: string, now: EpochMs | undefined): string | number | undefined {
    const [, encoding, inner = ''] = ENCODED.exec(name) ?? [];
    if (encoding !== undefined) {
      const value = named(inner);
      return value && Buffer.from(encoding === 'basic' ? `${value}:` : value).toString('base64');
    }
    const [moment, isNumber, offset = '0'] = MOMENT.exec(name) ?? [];
    if (moment === undefined || now === undefined) return named(name);
    const ms = now + Number(offset);
    return isNumber === undefined ? new Date(ms).toISOString() : ms;
  }

  const values = (now: EpochMs | undefined): FixtureValues => ({
    tag,
    resolve: (name) => resolveAt(name, now),
    secrets: () => [...secrets],
  });
  return { ...values(undefined), at: values };
}
