// Runs every fixture of fixtures/tracking-api: one HTTP exchange, and what lies in the outbox after it. Never edited to add a case.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';
import { type OutboxFault, type Stored, trackingApi } from './support/tracking-api.js';

/** 2026-01-02T03:04:05.000Z, the time of every exchange. */
const NOW = 1_767_323_045_000;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

interface TrackingFixture extends FixtureHead {
  readonly documents?: readonly object[];
  readonly outboxFault?: OutboxFault;
  readonly request: {
    readonly method?: string;
    /** Several: each gets the same request and gives the same answer. */
    readonly path: string | readonly string[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** A body that is no JSON. */
    readonly bodyText?: string;
    readonly encoding?: 'gzip';
  };
  readonly expect: {
    readonly status: number;
    /** Headers that must have these values; null: must be absent. */
    readonly headers?: Readonly<Record<string, string | null>>;
    /** Messages are not repeated here: each begins with its code. */
    readonly body?: unknown;
    /** `messageId` may be `(uuid)`: any. */
    readonly stored?: readonly Stored[];
  };
}

/** superagent would write a Buffer as JSON. */
const asItIs = (body: unknown) => body as string;

/** Takes the messages out of an answer, each of which must begin with its code. */
function withoutMessages(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMessages);
  if (typeof value !== 'object' || value === null) return value;
  const { message, ...rest } = value as { message?: unknown; code?: string; error?: string };
  if (message !== undefined) assert.ok(String(message).startsWith(`${rest.code ?? rest.error}: `), String(message));
  return Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, withoutMessages(inner)]));
}

function withoutUuid({ messageId, ...stored }: Stored): Stored {
  return { ...stored, messageId: UUID.test(messageId ?? '') ? '(uuid)' : messageId };
}

async function exchange(fixture: TrackingFixture, path: string) {
  const { method = 'POST', headers = {}, body, bodyText, encoding } = fixture.request;
  const api = trackingApi({
    now: () => NOW,
    ...(fixture.documents && { documents: fixture.documents }),
    outboxFault: () => fixture.outboxFault,
  });
  const call = request(api.handler)
    [method.toLowerCase() as 'post'](path)
    .set({ 'content-type': 'application/json', ...headers })
    .serialize(asItIs);
  const text = bodyText ?? (body === undefined ? undefined : JSON.stringify(body));
  if (text !== undefined && encoding !== undefined) call.set('content-encoding', encoding).send(gzipSync(text));
  else if (text !== undefined) call.send(text);
  return { response: await call, stored: api.stored };
}

for (const [file, fixture] of loadFixtures<TrackingFixture>('tracking-api')) {
  for (const path of [fixture.request.path].flat()) {
    test(`${file}: ${fixture.title} (${path})`, async () => {
      const { response, stored } = await exchange(fixture, path);
      const { status, headers = {}, body } = fixture.expect;
      assert.equal(response.status, status, response.text);
      if (body !== undefined) assert.deepEqual(withoutMessages(JSON.parse(response.text)), body);
      for (const [name, value] of Object.entries(headers))
        assert.equal(response.headers[name.toLowerCase()], value ?? undefined, name);
      assert.deepEqual(stored.map(withoutUuid), fixture.expect.stored ?? []);
    });
  }
}
