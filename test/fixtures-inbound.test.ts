// Runs every fixture of fixtures/inbound through the processor transform. Never edited to add a case.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { testApp } from './support/app.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';

// Far from UTC, so that a time read in the machine's own zone is seen.
process.env.TZ = 'Asia/Tokyo';

interface InboundFixture extends FixtureHead {
  readonly settings?: { readonly secretKey?: string | null };
  readonly event: object;
  readonly expect: {
    readonly event?: object;
    readonly filtered?: string;
    readonly invalid?: { readonly code: string; readonly path: string };
  };
}

const IDS = { destinationId: 'dst-1', workspaceId: 'ws-1' };

/** The settings stand in a document; the key, which a fixture may take away, in the destination's Config. */
async function transform(fixture: InboundFixture) {
  const { secretKey = 'secret-example', ...settings } = fixture.settings ?? {};
  const app = testApp({
    documents: [{ id: 'fixture', rudderstack: { destinationIds: [IDS.destinationId] }, ...settings }],
  });
  const element = {
    message: fixture.event,
    metadata: { jobId: 1, ...IDS },
    destination: { ID: IDS.destinationId, WorkspaceID: IDS.workspaceId, Config: { secretKey } },
  };
  const response = await request(app.handler).post('/v0/destinations/statsig').send([element]).expect(200);
  assert.equal(response.body.length, 1);
  assert.deepEqual(response.body[0].metadata, element.metadata);
  return response.body[0];
}

for (const [file, fixture] of loadFixtures<InboundFixture>('inbound')) {
  test(`${file}: ${fixture.title}`, async () => {
    const answer = await transform(fixture);
    if (fixture.expect.event !== undefined) {
      assert.equal(answer.statusCode, 200, answer.error);
      assert.deepEqual(answer.output.body.JSON.events, [fixture.expect.event]);
    } else if (fixture.expect.filtered !== undefined) {
      assert.equal(answer.statusCode, 298);
      assert.ok(answer.error.startsWith(`filtered (${fixture.expect.filtered}): `), answer.error);
    } else {
      assert.equal(answer.statusCode, 400);
      assert.ok(answer.error.startsWith(`${fixture.expect.invalid?.code}: `), answer.error);
      assert.ok(answer.error.includes(`(${fixture.expect.invalid?.path}`), answer.error);
    }
  });
}
