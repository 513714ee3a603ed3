// Runs every fixture of fixtures/outbound through the outbound conversion. Never edited to add a case.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboundCall, OutboundConversion } from '../src/model/conversion.js';
import type { WebhookEvent } from '../src/model/webhook-event.js';
import { compileOutbound } from '../src/settings/compile-outbound.js';
import { parseDocuments } from '../src/settings/document.js';
import type { CompiledOutbound } from '../src/transform/compiled-outbound.js';
import { convertOutbound } from '../src/transform/outbound/index.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';

// Far from UTC, so that a time read or written in the machine's own zone is seen.
process.env.TZ = 'Asia/Tokyo';

/** When a fixture does not say when its event was received. */
const RECEIVED_AT = 1_767_400_000_000;

type Expected =
  | { readonly calls: readonly OutboundCall[]; readonly eventId?: string }
  | { readonly filtered: string }
  | { readonly invalid: { readonly code: string; readonly path: string } };

interface OutboundFixture extends FixtureHead {
  /** What stands below `outbound`, and the workspace's own prefix of inbound events. */
  readonly settings?: { readonly eventNamePrefix?: string };
  readonly event: WebhookEvent;
  /** Milliseconds since the epoch. */
  readonly receivedAt?: number;
  readonly expect: Expected;
}

function compile({ settings = {} }: OutboundFixture): CompiledOutbound {
  const { eventNamePrefix, ...outbound } = settings;
  const document = { id: 'fixture', ...(eventNamePrefix !== undefined && { eventNamePrefix }), outbound };
  const { documents, faults } = parseDocuments(JSON.stringify(document), 'settings.json');
  assert.deepEqual(faults, []);
  assert.ok(documents[0]);
  return compileOutbound(documents[0]);
}

/** The answer as fixtures write it. */
function asWritten(conversion: OutboundConversion, expected: Expected): Expected {
  if (conversion.kind === 'filtered') return { filtered: conversion.reason };
  if (conversion.kind === 'invalid') return { invalid: { code: conversion.code, path: conversion.path } };
  const calls = JSON.parse(JSON.stringify(conversion.calls));
  return 'calls' in expected && expected.eventId === undefined ? { calls } : { calls, eventId: conversion.eventId };
}

for (const [file, fixture] of loadFixtures<OutboundFixture>('outbound')) {
  test(`${file}: ${fixture.title}`, () => {
    const event = structuredClone(fixture.event);
    const conversion = convertOutbound(event, compile(fixture), fixture.receivedAt ?? RECEIVED_AT);
    assert.deepEqual(asWritten(conversion, fixture.expect), fixture.expect);
    assert.deepEqual(event, fixture.event, 'the event is left as it was');
  });
}
