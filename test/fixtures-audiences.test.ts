// Runs every fixture of fixtures/audiences: what one event of Segment does to an ID list. Never edited to add a case.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MembershipChange, MembershipConversion } from '../src/model/conversion.js';
import { compileAudiences } from '../src/settings/compile-audiences.js';
import { parseDocuments } from '../src/settings/document.js';
import { findMembership } from '../src/transform/inbound/audience.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';

// Far from UTC, so that a time read in the machine's own zone is seen.
process.env.TZ = 'Asia/Tokyo';

/** When a fixture does not say when its event was received. */
const RECEIVED_AT = 1_767_400_000_000;

type Expected =
  | { readonly change: MembershipChange }
  | { readonly filtered: string }
  | { readonly invalid: { readonly code: string; readonly path: string } }
  /** No audience event, or a workspace that takes none. */
  | { readonly none: true };

interface AudienceFixture extends FixtureHead {
  /** Of the settings document. */
  readonly settings?: object;
  readonly event: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly receivedAt?: number;
  readonly expect: Expected;
}

function compile({ settings = {} }: AudienceFixture) {
  const { documents, faults } = parseDocuments(JSON.stringify({ id: 'fixture', ...settings }), 'settings.json');
  assert.deepEqual(faults, []);
  assert.ok(documents[0]);
  return compileAudiences(documents[0]);
}

/** The answer as fixtures write it. */
function asWritten(conversion: MembershipConversion | undefined): Expected {
  if (conversion === undefined) return { none: true };
  if (conversion.kind === 'filtered') return { filtered: conversion.reason };
  if (conversion.kind === 'invalid') return { invalid: { code: conversion.code, path: conversion.path } };
  return { change: conversion.change };
}

for (const [file, fixture] of loadFixtures<AudienceFixture>('audiences')) {
  test(`${file}: ${fixture.title}`, () => {
    const event = structuredClone(fixture.event);
    const audiences = compile(fixture);
    const found = audiences && findMembership(event, audiences, fixture.receivedAt ?? RECEIVED_AT);
    assert.deepEqual(asWritten(found), fixture.expect);
    assert.deepEqual(event, fixture.event, 'the event is left as it was');
  });
}
