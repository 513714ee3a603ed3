// Reads the plugin's own account of what reached its Tracking API.

/** What the Tracking API of a plugin has done since its start. */
export interface TrackingApiCounts {
  /** Requests by `route status`. Nothing but a preflight is answered 204. */
  readonly requests: Readonly<Record<string, number>>;
  /** Events by outcome and, where there is one, reason: `received`, `filtered unsupported_type`. */
  readonly events: Readonly<Record<string, number>>;
}

const REQUESTS = /^statsig_cdp_request_duration_seconds_count\{route="(\/v1\/[^"]*)",status="(\d+)"\} (\d+)$/gm;
const EVENTS = /^statsig_cdp_events_total\{[^}]*protocol="tracking_api"[^}]*outcome="(\w+)",reason="(\w*)"\} (\d+)$/gm;

function samples(text: string, pattern: RegExp): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(pattern)].map(([, ...groups]) => [groups.slice(0, -1).join(' ').trim(), Number(groups.at(-1))]),
  );
}

/** Scrapes `/metrics`. */
export async function readTrackingApiCounts(pluginUrl: string): Promise<TrackingApiCounts> {
  const response = await fetch(`${pluginUrl}/metrics`);
  const text = await response.text();
  return { requests: samples(text, REQUESTS), events: samples(text, EVENTS) };
}
