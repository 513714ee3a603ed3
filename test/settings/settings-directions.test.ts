// A setting that does nothing without a direction is refused where the direction is not served.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDirectionFaults } from '../../src/settings/direction-faults.js';
import { manifest } from '../../src/settings/manifest.js';
import { formatPath } from '../../src/settings/settings-path.js';

/** Every setting of the manifest, and of `rudderstack` each part. */
const ALL = {
  ...Object.fromEntries(Object.keys(manifest.settings.properties).map((name) => [name, true])),
  rudderstack: { destinationIds: [], workspaceIds: [], sourceIds: [], sourceWriteKeys: [] },
};

/** `eventNamePrefix` tells what came from a CDP, so that it does not go back; `redact` masks what the live log keeps of either. */
const OF_BOTH = ['id', 'paused', 'eventNamePrefix', 'redact', 'rudderstack'];

const refused = (served: readonly ('inbound' | 'outbound')[]) =>
  findDirectionFaults(ALL, served).map(({ at }) => formatPath(at));

test('with both directions nothing is refused', () => {
  assert.deepEqual(refused(['inbound', 'outbound']), []);
});

test('every setting is of both directions, or refused without its own', () => {
  const outbound = ['outbound', 'rudderstack.sourceIds', 'rudderstack.sourceWriteKeys'];
  assert.deepEqual(refused(['inbound']).sort(), outbound);
  const inbound = Object.keys(ALL).filter((name) => ![...OF_BOTH, 'outbound'].includes(name));
  assert.deepEqual(
    refused(['outbound']).sort(),
    [...inbound, 'rudderstack.destinationIds', 'rudderstack.workspaceIds'].sort(),
  );
  assert.ok(inbound.length > 25);
});
