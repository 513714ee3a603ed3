// What is refused because it looks like a secret, and what is not: the words that events are full of.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { findSecretLike } from '../../src/record/suspicion.js';

/** Characters that look drawn at random, always the same ones. */
function drawn(seed: string, length: number, alphabet: string): string {
  let text = '';
  for (let at = 0; text.length < length; at += 1)
    for (const byte of createHash('sha256').update(`${seed}${at}`).digest()) text += alphabet[byte % alphabet.length];
  return text.slice(0, length);
}

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const BASE62 = DIGITS + LOWER + LOWER.toUpperCase();

/** Put together here, so that no file holds anything that looks like a key. */
const SECRETS: Readonly<Record<string, string>> = {
  "Statsig's server key": `secret-${drawn('a', 30, BASE62)}`,
  "Statsig's console key": `console-${drawn('b', 12, LOWER + DIGITS)}`,
  "Segment's write key": drawn('c', 32, BASE62),
  "RudderStack's write key": drawn('d', 27, BASE62),
  'letters alone, of both cases': drawn('e', 40, LOWER + LOWER.toUpperCase()),
  'small letters and digits': drawn('f', 40, LOWER + DIGITS),
  hexadecimal: drawn('g', 40, '0123456789abcdef'),
  'base64 of random bytes': createHash('sha256').update('h').digest('base64'),
  'base64url of random bytes': createHash('sha512').update('i').digest('base64url'),
  'JSON Web Token': ['{"alg":"none"}', '{"sub":"user-42"}', 'signed']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.'),
  PEM: ['-----BEGIN', 'PRIVATE KEY-----'].join(' '),
  'base64 of a key': Buffer.from(`the key is ${drawn('j', 32, BASE62)}`).toString('base64'),
  'Basic authentication': `Basic ${Buffer.from('some-key:').toString('base64')}`,
  'bearer token': `Bearer ${drawn('k', 16, LOWER)}`,
  'password in an address': 'https://ada:lovelace@example.com/',
  'access key of AWS': `AKIA${drawn('l', 16, LOWER.toUpperCase())}`,
  'token of GitHub': `ghp_${drawn('m', 36, BASE62)}`,
};

for (const [what, secret] of Object.entries(SECRETS)) {
  test(`refused: ${what}`, () => {
    for (const text of [secret, `a note with ${secret} in it`, JSON.stringify({ a: [secret] })])
      assert.notEqual(findSecretLike(text), undefined, what);
  });
}

test('a hundred keys of each kind are refused, but for a few', () => {
  for (const [name, alphabet, length] of [
    ['base62', BASE62, 32],
    ['base62, short', BASE62, 22],
    ['base36', LOWER + DIGITS, 32],
  ] as const) {
    const missed = Array.from({ length: 100 }, (_, n) => drawn(`${name}${n}`, length, alphabet)).filter(
      (key) => findSecretLike(key) === undefined,
    );
    assert.ok(missed.length <= 5, `${missed.length} of 100 ${name} are not seen`);
  }
});

const WORDS: readonly string[] = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.6778.85 Safari/537.36',
  'https://example.com/products/blue-suede-shoes-size-42?utm_source=newsletter&utm_campaign=winter_2026',
  'com.segment.analytics.android.integrations.firebase.FirebaseIntegration',
  'experiment_checkout_button_colour_v2_holdout',
  'Order Completed – Größe gewählt 🎉',
  'ViewedProductListFilteredByColourAndSize',
  '00000000-0000-4000-8000-000000000042',
  '2026-01-02T03:04:05.678901234+02:00',
  'secret-example',
  'user-42@example.com',
  '{{secretKey}} {{basic:writeKey}} Basic {{basic:writeKey:b}}',
  'Authorization: Bearer SECRET, or Basic with the base64 of KEY:',
  'application/x-www-form-urlencoded;charset=UTF-8',
  'sessionReplayPrivacyMaskingLevelAllInputs',
  'statsig::experiment_exposure:new_onboarding_flow_2026_q1',
];

for (const text of WORDS) test(`not refused: ${text}`, () => assert.equal(findSecretLike(text), undefined));
