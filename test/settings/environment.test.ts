// Environment variables are what the manifest says, and the manifest says what the code reads.

import assert from 'node:assert/strict';
import { constants } from 'node:buffer';
import { test } from 'node:test';
import { LOG_LEVELS } from '../../src/base/logger.js';
import { NO_PROXY } from '../../src/http/proxy-trust.js';
import { type EnvironmentValues, ProcessSettingsError, readEnvironment } from '../../src/settings/environment.js';
import { ManifestError } from '../../src/settings/manifest/manifest-error.js';
import type { EnvironmentVariable } from '../../src/settings/manifest/model.js';
import { manifest } from '../../src/settings/manifest.js';
import { readProcessSettings } from '../../src/settings/process.js';

const COUNT: EnvironmentVariable = {
  name: 'COUNT',
  type: 'integer',
  minimum: 1,
  maximum: 9,
  default: 3,
  description: 'A count.',
};

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a string becomes a value of the declared type; blank is unset', () => {
  const defaults = readProcessSettings({ PORT: '  ' });
  assert.deepEqual(
    [defaults.port, defaults.trustProxy, defaults.host, defaults.logLevel],
    [9090, NO_PROXY, undefined, 'info'],
  );
  const set = readProcessSettings({ PORT: ' 8080 ', TRUST_PROXY: 'TRUE', HOST: ' ::1 ', LOG_LEVEL: 'Warn' });
  assert.deepEqual([set.port, set.host, set.logLevel], [8080, '::1', 'warn']);
  assert.notEqual(set.trustProxy, NO_PROXY);
});

for (const { name, type, minimum, maximum, enum: choices } of manifest.environment)
  test(`${name} is refused outside what the manifest says, with what it may be`, () => {
    const refused = (text: string) => {
      const error = thrownBy(() => readProcessSettings({ [name]: text }));
      assert.ok(error instanceof ProcessSettingsError, text);
      return error.message;
    };
    if (type === 'integer') {
      assert.ok(minimum !== undefined && maximum !== undefined, 'every number has a range');
      for (const text of [
        String(minimum - 1),
        '1.5',
        'many',
        '1e400',
        ...(maximum < 2 ** 53 - 1 ? [String(maximum + 1)] : []),
      ])
        assert.equal(refused(text), `${name} must be a whole number from ${minimum} to ${maximum}.`);
    }
    if (type === 'boolean') assert.equal(refused('yes'), `${name} must be true or false.`);
    if (choices !== undefined) assert.equal(refused('loud'), `${name} must be one of ${choices.join(', ')}.`);
  });

test('TRUST_PROXY is refused where it names no proxy', () => {
  for (const text of ['yes', '10.0.0.0/99', 'loopback, proxy.example', '-1', '1.5']) {
    const error = thrownBy(() => readProcessSettings({ TRUST_PROXY: text }));
    assert.ok(error instanceof ProcessSettingsError, text);
    assert.match(error.message, /^TRUST_PROXY must be true, false, a number of proxies, or their addresses/);
  }
});

test('a body of the greatest size can be a string', () => {
  const most = manifest.environment.find(({ name }) => name === 'MAX_BODY_BYTES')?.maximum ?? Number.POSITIVE_INFINITY;
  assert.ok(most <= constants.MAX_STRING_LENGTH);
});

const MISMATCHES: {
  readonly title: string;
  readonly declared: readonly EnvironmentVariable[];
  readonly read: (values: EnvironmentValues) => unknown;
  readonly path: string;
}[] = [
  { title: 'read but not declared', declared: [], read: (values) => values.integer('COUNT'), path: 'environment' },
  {
    title: 'declared but not read',
    declared: [COUNT],
    read: (values) => values.assertAllRead(),
    path: 'environment.0.name',
  },
  {
    title: 'of another type',
    declared: [COUNT],
    read: (values) => values.boolean('COUNT'),
    path: 'environment.0.type',
  },
  {
    title: 'without the default that the code needs',
    declared: [{ name: 'COUNT', type: 'integer', description: 'A count.' }],
    read: (values) => values.integer('COUNT'),
    path: 'environment.0',
  },
  {
    title: 'no secret where the code takes it for one',
    declared: [{ name: 'TOKEN', type: 'string', description: 'A token.' }],
    read: (values) => values.secret('TOKEN'),
    path: 'environment.0',
  },
  {
    title: 'a secret where the code takes it for none',
    declared: [{ name: 'TOKEN', type: 'string', secret: true, description: 'A token.' }],
    read: (values) => values.optionalText('TOKEN'),
    path: 'environment.0.secret',
  },
  {
    title: 'with a choice that the code does not know',
    declared: [{ name: 'LOG_LEVEL', type: 'string', enum: ['info', 'loud'], default: 'info', description: 'A level.' }],
    read: (values) => values.choice('LOG_LEVEL', LOG_LEVELS),
    path: 'environment.0.enum',
  },
];

for (const { title, declared, read, path } of MISMATCHES)
  test(`a variable that is ${title} is a fault of the manifest`, () => {
    assert.throws(
      () => read(readEnvironment({}, declared)),
      (error) => error instanceof ManifestError && error.path === path,
    );
  });
