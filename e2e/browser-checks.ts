// Compares what a page sent with what arrived.

import assert from 'node:assert/strict';
import { COUNTED, expectedEvents, HAPPENED_MS } from './browser-calls.js';
import { readTrackingApiCounts, type TrackingApiCounts } from './browser-metrics.js';
import type { BrowserRig, Visited } from './browser-rig.js';
import type { ReceivedEvent } from './statsig-stand-in.js';

/** The way to us and back takes time, and so do tries before the one that gets through. */
const CLOCK_TOLERANCE_MS = 60_000;

function withoutTime(event: ReceivedEvent & { readonly time?: number }): object {
  const { time = 0, ...rest } = event;
  const late = time - HAPPENED_MS;
  assert.ok(late >= 0 && late < CLOCK_TOLERANCE_MS, `${event.eventName} has a time ${late} ms after it happened`);
  return rest;
}

/**
 * The calls arrived, converted field by field, each once and nothing else; those that are not for Statsig were filtered; the page reached no one but the
 * plugin and was not refused. Call it once all events have arrived.
 *
 * @param resent true when no call came through at once
 * @returns what the plugin counted
 */
export async function assertCallsArrived(
  { statsig, plugin }: BrowserRig,
  { page, report }: Visited,
  resent = false,
): Promise<TrackingApiCounts> {
  const counts = await readTrackingApiCounts(plugin.url);
  // Finishes what is under way.
  await plugin.stop('SIGTERM');
  assert.deepEqual(statsig.faults, [], 'no request that Statsig would refuse');
  // Single calls are requests of their own, which may overtake each other.
  const arrived = statsig.accepted.toSorted((a, b) => ((a.eventName ?? '') < (b.eventName ?? '') ? -1 : 1));
  assert.deepEqual(arrived.map(withoutTime), expectedEvents(report, resent), 'what arrived');
  assert.deepEqual(counts.events, COUNTED, 'what the plugin counted');
  assert.deepEqual(report.failures, [], 'what the SDK gave up');
  assert.deepEqual(page.violations, [], 'addresses that the page must not reach');
  return counts;
}

/** For each of these routes the browser asked before its first call, and got what it needed to make it. */
export function assertPreflights({ requests }: TrackingApiCounts, routes: readonly string[]): void {
  for (const route of routes) {
    assert.ok((requests[`${route} 204`] ?? 0) > 0, `the browser did not ask before it called ${route}`);
    assert.ok((requests[`${route} 200`] ?? 0) > 0, `the browser did not call ${route}`);
  }
}
