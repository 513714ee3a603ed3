// Checks the signature of Segment's webhook destinations.

import { parseJson, toJsonText } from '../../base/json.js';
import type { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { isSignedWithAny } from '../signed-with.js';
import { findFirstElement } from './first-element.js';
import { isWrapped } from './unpack.js';

/** Which part of a body may be what is signed. */
export type SignedPart = WorkspaceDocument['segment']['signedPart'];

/** A first event that is longer is no event of Segment's, whose events have 32 KB at most: anyone who proves nothing cannot make us parse more. */
const MAX_FIRST_BYTES = 256 * 1024;

/** As `JSON.stringify` writes it. */
function spellingOf(value: unknown): readonly string[] {
  const text = typeof value === 'object' && value !== null ? toJsonText(value) : JSON.stringify(value);
  // Nested too deep to be written: then Segment has not written it either.
  return text === undefined ? [] : [text];
}

/** What is wrong with the form of a signature; empty where it could be right. */
export function describeSignatureForm(signature: string): string {
  if (/^[0-9a-f]{40}$/i.test(signature)) return '';
  if (/^[0-9a-f]{64}$/i.test(signature)) return 'X-Signature has 64 hex digits, as of SHA-256, where SHA-1 has 40';
  if (/^[A-Za-z0-9+/]{27}=$/.test(signature)) return 'X-Signature is base64, where 40 hex digits are read';
  return 'X-Signature is not 40 hex digits';
}

/**
 * A call of Webhook Audiences as it was signed: Segment signs it before it puts the extras of the audience into it. The call holds the text that they
 * come from, which is signed, so what is left out here is proven as well: it has to be what that text says.
 */
function withoutExtras(element: unknown): readonly string[] {
  if (!isJsonObject(element)) return [];
  const { context } = element;
  const personas = isJsonObject(context) ? context.personas : undefined;
  const settings = isJsonObject(personas) ? personas.audience_settings : undefined;
  const text = isJsonObject(settings) ? settings.extras : undefined;
  const extras = typeof text === 'string' ? parseJson(text) : undefined;
  if (!isJsonObject(extras)) return [];
  const isAsSaid = Object.entries(extras).every(
    ([name, value]) => toJsonText({ value: element[name] }) === toJsonText({ value }),
  );
  if (!isAsSaid) return [];
  return spellingOf(Object.fromEntries(Object.entries(element).filter(([name]) => !Object.hasOwn(extras, name))));
}

const EXTRAS = Buffer.from('"audience_settings"');

/** The whole body as it was signed where extras were put into it. Most have none, and are not parsed for it. */
function bodyWithoutExtras(body: Buffer): readonly string[] {
  if (body.length > MAX_FIRST_BYTES || !body.includes(EXTRAS)) return [];
  return withoutExtras(parseJson(body.toString('utf8')));
}

/** The first event of a batch, in every spelling that its signature may be of. */
function firstEventTexts(body: Buffer): readonly (Buffer | string)[] {
  const bytes = findFirstElement(body);
  if (bytes === undefined) return [];
  if (bytes.length > MAX_FIRST_BYTES) return [bytes];
  const element = parseJson(bytes.toString('utf8'));
  if (element === undefined) return [bytes];
  return [
    bytes,
    ...spellingOf(element),
    ...(isWrapped(element) ? spellingOf(element.json) : []),
    ...withoutExtras(element),
  ];
}

/**
 * What `X-Signature` is the hex HMAC-SHA1 of, with one of the secrets: the body or, unless `part` is `body`, a batch's first event. Segment
 * signs the first event before it puts it into the batch, and Extensible Webhook before it wraps it (Segment's action-destinations); a change to
 * signing the whole batch is under way there. Takes the same time wherever a wrong signature differs.
 *
 * @param signature as sent
 * @param body decompressed bytes
 */
export function findSignedPart(
  signature: string,
  body: Buffer,
  secrets: readonly Secret[],
  part: SignedPart,
): 'body' | 'first' | undefined {
  if (!/^[0-9a-f]{40}$/i.test(signature)) return undefined;
  const given = Buffer.from(signature, 'hex');
  const fits = (text: Buffer | string) => isSignedWithAny(given, 'sha1', secrets, [text]);
  if (fits(body) || bodyWithoutExtras(body).some(fits)) return 'body';
  // Also where it does not count: how long a refusal takes must not tell what the workspace asks for.
  return firstEventTexts(body).some(fits) && part === 'bodyOrFirst' ? 'first' : undefined;
}
