// Secrets are found wherever they stand in a text, however many there are and however they are written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretFinder } from '../../src/operate/secret-finder.js';

const SECRETS = ['key-of-the-shop', 'key-of-the', 'ab', 'with "quotes" \\ and more', 'schlüssel-ä', 'aaaaaa', 'aaaaab'];
const finder = new SecretFinder(SECRETS);

test('each is found at every place, the longest first, and the rest stays', () => {
  for (const secret of SECRETS.filter(({ length }) => length > 2))
    for (const around of [
      ['', ''],
      ['x', 'y'],
      ['{"k":"', '"}'],
      ['aaa', ''],
      ['key-of-', '-'],
    ]) {
      const found = finder.redact(around.join(secret));
      assert.ok(!found.includes(secret), `${secret}: ${found}`);
      assert.ok(found.includes('[redacted]'));
    }
  assert.equal(
    finder.redact('a key-of-the-shop, a key-of-the, twice key-of-thekey-of-the'),
    'a [redacted], a [redacted], twice [redacted][redacted]',
  );
  assert.equal(
    finder.redact('ab, (ab) in a cabin, ab9, "ab"'),
    '[redacted], ([redacted]) in a cabin, ab9, "[redacted]"',
    'short ones where they stand alone',
  );
  assert.equal(finder.redact('a text without any'), 'a text without any');
});

test('a secret in JSON text, and in JSON text within JSON text, is found', () => {
  let text = 'before with "quotes" \\ and more behind';
  for (let depth = 0; depth < 4; depth += 1) {
    assert.ok(!finder.redact(text).includes('quotes'), text);
    text = JSON.stringify({ text }).slice(9, -2);
  }
});

test('a secret in percent-encoding is found, whole or in part, once or more, and the rest stays as it was written', () => {
  const key = 'KEY/multi+word=4ä';
  const encoded = encodeURIComponent(key);
  const everyByte = [...Buffer.from(key)].map((byte) => `%${byte.toString(16)}`).join('');
  for (const secrets of [[key], [key, ...Array.from({ length: 20 }, (_, at) => `other-key-${at}`)]]) {
    const keys = new SecretFinder(secrets);
    for (const form of [
      encoded,
      encoded.toLowerCase().replace('key', 'KEY'),
      everyByte,
      `%4b`.toUpperCase() + encoded.slice(1),
    ]) {
      assert.equal(keys.redact(`/a%20/${form}%ff?${form}`), '/a%20/[redacted]%ff?[redacted]');
      assert.equal(keys.redact(`/a/${encodeURIComponent(form)}%2`), '/a/[redacted]%2');
      assert.equal(keys.redact(`{"a":"%22${form}"}`), '{"a":"%22[redacted]"}', 'JSON stays JSON');
    }
    assert.equal(keys.redact(`${key} ${encoded} secret%2Dabcdefgh1`), '[redacted] [redacted] secret-[redacted]');
  }
  assert.equal(new SecretFinder(['100%41']).redact('100%41 100%2541'), '[redacted] [redacted]');
  assert.equal(new SecretFinder(['[redacted]']).redact('%5bredacted]'), '[redacted]');
});

test('few secrets are found as many are', () => {
  const few = new SecretFinder(['key-of-the-shop', 'ab']);
  assert.equal(few.redact('a key-of-the-shop ab in a cabin'), 'a [redacted] [redacted] in a cabin');
  assert.equal(few.redact('client-abcdefgh1, nothing else'), 'client-[redacted], nothing else');
  assert.equal(few.redact('nothing'), 'nothing');
});

test("what looks like a key of Statsig's is taken out, of whatever project", () => {
  assert.equal(
    finder.redact('secret-abcdefgh1 console-abcdefgh1 client-abcdefgh1 secret-x'),
    'secret-[redacted] console-[redacted] client-[redacted] secret-x',
  );
});

test('a text is gone through once, not once for each secret', () => {
  const text = 'Nothing of them is in this text. '.repeat(200);
  const timeWith = (count: number) => {
    const many = new SecretFinder(Array.from({ length: count }, (_, at) => `q${at}-${'0'.repeat(30)}`));
    const start = process.cpuUsage();
    for (let round = 0; round < 60; round += 1) many.redact(text);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  timeWith(1);
  const [one, thousands] = [timeWith(1), timeWith(4_000)];
  assert.ok(thousands < 30 * one + 50_000, `${one} and ${thousands} microseconds`);
});
