// A manifest that the code does not do is refused when it is loaded. `npm run proof:short` starts the process of a copy with others of the same kinds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertImplemented } from '../../src/settings/implemented.js';
import { checkManifest } from '../../src/settings/manifest/check.js';
import { ManifestError } from '../../src/settings/manifest/manifest-error.js';
import type { Manifest } from '../../src/settings/manifest/model.js';
import { manifest } from '../../src/settings/manifest.js';
import type { Writable } from '../../testkit/package-copy.js';

interface Refusal {
  readonly what: string;
  readonly edit: (manifest: Writable<Manifest>) => unknown;
  /** What is said first: the place in the manifest. */
  readonly says: string;
}

const portAt = manifest.environment.findIndex(({ name }) => name === 'PORT');

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a nested setting that nothing reads',
    edit: (edited) =>
      Object.assign(edited.settings.properties.audiences?.properties ?? {}, { colour: { type: 'string' } }),
    says: 'manifest.json, settings.properties.audiences.properties.colour: Nothing reads this setting.',
  },
  {
    what: 'a key that is no secret',
    edit: (edited) => delete edited.settings.properties.secretKey?.secret,
    says: 'manifest.json, settings.properties.secretKey: It is string, and the code reads secret.',
  },
  {
    what: 'no default where the code needs one',
    edit: (edited) => delete edited.settings.properties.maxBatchEvents?.default,
    says: 'manifest.json, settings.properties.maxBatchEvents: The setting needs a default.',
  },
  {
    what: 'no word on an event type that there is code for',
    edit: ({ eventTypes }) => delete eventTypes.record,
    says: 'manifest.json, eventTypes: There is code for record events, and they are not declared.',
  },
  {
    what: 'a relayed type that Statsig does not take',
    edit: ({ relayedEventTypes }) => relayedEventTypes.push('merge'),
    says: "manifest.json, relayedEventTypes.6: Statsig's webhook does not take merge events.",
  },
  {
    what: 'a default that is out of its range',
    edit: (edited) => Object.assign(edited.environment[portAt] ?? {}, { default: 70_000 }),
    says: `manifest.json, environment.${portAt}.default: The default of PORT is none of its values.`,
  },
  {
    what: 'a variable that is declared twice',
    edit: (edited) => edited.environment.push({ name: 'PORT', type: 'integer', description: 'Of it.' }),
    says: `manifest.json, environment.${manifest.environment.length}.name: PORT is environment.${portAt} too.`,
  },
  {
    what: 'a range in which there is nothing',
    edit: (edited) => {
      delete edited.environment[portAt]?.default;
      Object.assign(edited.environment[portAt] ?? {}, { minimum: 70_000 });
    },
    says: `manifest.json, environment.${portAt}: No value of PORT is possible: minimum is above maximum.`,
  },
  {
    what: 'an event type in another letter case',
    edit: ({ eventTypes }) => Object.assign(eventTypes, { TRACK: 'filtered' }),
    says: 'manifest.json, eventTypes.TRACK: No event is of the type TRACK',
  },
];

for (const { what, edit, says } of REFUSALS)
  test(`${what}: the manifest is refused and the place is said`, () => {
    const edited: Writable<Manifest> = JSON.parse(JSON.stringify(manifest));
    edit(edited);
    assert.throws(
      () => assertImplemented(checkManifest(edited)),
      (error) => error instanceof ManifestError && error.message.startsWith(says),
    );
  });
