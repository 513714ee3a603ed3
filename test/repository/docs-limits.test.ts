// What the pages say of limits and their settings is what the manifest and the code say.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { integerDefault } from '../../src/settings/declared-default.js';
import { manifest } from '../../src/settings/manifest.js';
import {
  CALL_BYTES_SETTING,
  EVENT_BYTES_SETTING,
  MAX_EVENT_VALUES,
  ORDINARY_CALL_BYTES,
} from '../../src/sources/tracking-api/limits.js';

const DOCS = new URL('../../../docs/', import.meta.url);

/** A setting and its default, as the pages write them: `MAX_BODY_BYTES` (200 MB, also after decompression). */
const STATED = /`([A-Z][A-Z_]+)` \((\d[\d,. ]*)(?: ?(ms|s|minutes?|hours?|days?|[KMG]i?B)\b)?/g;

/** What one of a unit may stand for; pages write MB for either. */
const UNITS: Readonly<Record<string, readonly number[]>> = {
  ms: [1],
  s: [1_000],
  minute: [60_000],
  hour: [3_600_000],
  day: [86_400_000],
  KB: [1_000, 1_024],
  MB: [1_000_000, 1_048_576],
  GB: [1_000_000_000, 1_073_741_824],
  KiB: [1_024],
  MiB: [1_048_576],
  GiB: [1_073_741_824],
};

function pages(): readonly (readonly [name: string, text: string])[] {
  return readdirSync(DOCS)
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name, readFileSync(new URL(name, DOCS), 'utf8')]);
}

test('a default that a page states beside its setting is the one of the manifest', () => {
  let stated = 0;
  for (const [page, text] of pages())
    for (const [said, name, number = '', unit] of text.matchAll(STATED)) {
      const variable = manifest.environment.find((each) => each.name === name);
      if (typeof variable?.default !== 'number') continue;
      stated += 1;
      const count = Number(number.replaceAll(/[, ]/g, ''));
      const meant = (UNITS[unit?.replace(/^(minute|hour|day)s$/, '$1') ?? ''] ?? [1]).map((each) => count * each);
      assert.ok(meant.includes(variable.default), `${page} says ${said}…), the manifest ${variable.default}`);
    }
  assert.ok(stated >= 10, `${stated} found: are they written in another way?`);
});

test('the page about SDKs states the limits of the Tracking API', () => {
  const text = readFileSync(new URL('connect-sdk.md', DOCS), 'utf8');
  for (const name of [CALL_BYTES_SETTING, EVENT_BYTES_SETTING]) {
    const mebibytes = integerDefault(name) / 1_048_576;
    assert.ok(Number.isInteger(mebibytes));
    assert.match(text, new RegExp(`${mebibytes} MiB[^|.]*\\(\`${name}\`\\)`));
  }
  assert.ok(text.includes(`${ORDINARY_CALL_BYTES / 1_024} KB`));
  const description = manifest.environment.find(({ name }) => name === CALL_BYTES_SETTING)?.description ?? '';
  assert.ok(description.includes(String(ORDINARY_CALL_BYTES)), description);
  const operation = readFileSync(new URL('operate.md', DOCS), 'utf8');
  assert.ok(operation.includes(`${MAX_EVENT_VALUES.toLocaleString('en-US')} values`));
});
