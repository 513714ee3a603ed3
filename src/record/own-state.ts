// What a process says of itself at the moment it is asked: of that a fixture expects the form alone.

import type { FixtureBody, Json } from '../contract/fixture.js';
import { headerOf } from './seen-headers.js';

/** The text that Prometheus reads, in both of its forms. */
const METRICS = /^(?:text\/plain;.*version=0\.0\.4|application\/openmetrics-text)/;

const ANY_METRICS = '# HELP {{text}}\n# TYPE {{text}}';

function isReadiness(body: Json | undefined): body is { readonly ready: boolean; readonly checks: Json } {
  if (typeof body !== 'object' || body === null || !('ready' in body) || !('checks' in body)) return false;
  return typeof body.ready === 'boolean' && typeof body.checks === 'object';
}

/** The body of an answer: metrics without names and values, readiness without what its checks say. */
export function withoutOwnState(said: FixtureBody, rawHeaders: readonly string[]): FixtureBody {
  if (said.bodyString !== undefined && METRICS.test(headerOf(rawHeaders, 'content-type') ?? ''))
    return { bodyString: ANY_METRICS };
  if (!isReadiness(said.body)) return said;
  return { body: { ready: said.body.ready, warnings: '{{any}}', checks: { '{{others}}': true } } };
}
