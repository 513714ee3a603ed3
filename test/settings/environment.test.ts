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

test('WORKERS is a number or auto', () => {
  assert.deepEqual(
    ['2', 'AUTO', '1'].map((WORKERS) => readProcessSettings({ WORKERS }).workers),
    [2, 'auto', 1],
  );
  for (const WORKERS of ['0', '-1', '1.5', 'many', '257'])
    assert.throws(() => readProcessSettings({ WORKERS }), {
      message: 'WORKERS must be auto or a whole number from 1 to 256.',
    });
});

const SHARED = { OUTBOX_URL: 'postgres://plugin:p%40ss@db.example:5432/outbox?sslmode=require', ADMIN_TOKEN: 'token' };

test('OUTBOX_URL is refused where it names no database of PostgreSQL, and is not repeated', () => {
  const { sharedOutbox } = readProcessSettings(SHARED);
  assert.deepEqual([sharedOutbox?.schema, sharedOutbox?.leaseMs], ['statsig_cdp', 30_000]);
  readProcessSettings({ ...SHARED, OUTBOX_URL: 'postgresql:///outbox?host=/run/postgresql' });
  for (const [text, why] of [
    ['db.example', /must be a URL/],
    ['postgres://plugin:hid#den@db.example/outbox', /must be a URL/],
    ['postgres://plugin:hidden@a.example:5432,b.example:5432/outbox', /must be a URL/],
    ['mysql://plugin:hidden@db.example/outbox', /of a PostgreSQL database/],
    ['postgres://plugin:hidden@db.example', /must name a database/],
    ['postgres://plugin:hidden@db.example/', /must name a database/],
    ['postgres://plugin:hidden@db.example/outbox/other', /must name a database/],
    ['postgres://plugin@db.example/outbox#hidden', /fragment/],
  ] as const) {
    const error = thrownBy(() => readProcessSettings({ ...SHARED, OUTBOX_URL: text }));
    assert.ok(error instanceof ProcessSettingsError, text);
    assert.match(error.message, why);
    assert.doesNotMatch(error.message, /hid|example/);
  }
});

test('a shared outbox has a schema of its own, and a token that its replicas share', () => {
  for (const OUTBOX_SCHEMA of ['pg_outbox', 'Outbox', 'out-box', '1st', 'a'.repeat(64)])
    assert.throws(() => readProcessSettings({ ...SHARED, OUTBOX_SCHEMA }), { message: /^OUTBOX_SCHEMA must be/ });
  assert.throws(() => readProcessSettings({ OUTBOX_URL: SHARED.OUTBOX_URL }), {
    message: /^OUTBOX_URL needs ADMIN_TOKEN/,
  });
  for (const OUTBOX_URL of ['', ' \n'])
    assert.throws(() => readProcessSettings({ ...SHARED, OUTBOX_URL }), { message: /^OUTBOX_URL is empty/ });
});

test('one port for all is refused to workers that share no outbox', () => {
  const onePort = { SINGLE_PORT: 'true' };
  for (const WORKERS of ['2', 'auto'])
    assert.throws(() => readProcessSettings({ ...onePort, WORKERS }), {
      message: /^SINGLE_PORT=true with WORKERS needs OUTBOX_URL/,
    });
  for (const right of [{ WORKERS: '1' }, { WORKERS: '2', ...SHARED }]) readProcessSettings({ ...onePort, ...right });
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
