// The operator is told of refused changes of lists, once for each workspace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingested } from '../../../src/ingest/inbound.js';
import { createRefusalNotice } from '../../../src/sources/segment/respond.js';

test('the log tells of the first refusal in each workspace, and of no other fault', () => {
  const lines: string[] = [];
  const nothing = () => assert.fail('no other level');
  const notice = createRefusalNotice({
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (fields: object, message: string) => lines.push(`${JSON.stringify(fields)} ${message}`),
  });
  const refused: Ingested = { kind: 'invalid', code: 'PROOF_INSUFFICIENT', path: '' };
  const bad: Ingested = { kind: 'invalid', code: 'EVENT_NAME_MISSING', path: 'event' };
  notice([{ kind: 'accepted' }, bad], 'shop');
  notice([{ kind: 'accepted' }, refused, refused], 'shop');
  notice([refused], 'shop');
  notice([refused], 'blog');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['{"workspace":"shop"}', '{"workspace":"blog"}'],
  );
  assert.match(lines[0] ?? '', /Set `segment\.headerSecrets`/);
});
