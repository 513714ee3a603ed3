// A moment, to look at and to read aloud.

import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { formatClock, formatDuration, formatMoment } from './format.js';

const TICK_MS = 1_000;

/** Now, again every second. */
export function useNow(everyMs = TICK_MS): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function ago(at: number, now: number): string {
  const distance = now - at;
  if (Math.abs(distance) < TICK_MS) return 'now';
  return distance > 0 ? `${formatDuration(distance)} ago` : `in ${formatDuration(-distance)}`;
}

function Relative({ at }: { readonly at: number }) {
  const now = useNow();
  return html`<time class="time" dateTime=${new Date(at).toISOString()} title=${formatMoment(at)}>${ago(at, now)}</time>`;
}

/** @param at ms since 1970 @param as `clock` for rows of one day, `moment` with the date, `ago` counts on */
export function Time({ at, as = 'moment' }: { readonly at: number; readonly as?: 'clock' | 'moment' | 'ago' }) {
  if (as === 'ago') return html`<${Relative} at=${at} />`;
  const text = as === 'clock' ? formatClock(at) : formatMoment(at);
  return html`<time class="time" dateTime=${new Date(at).toISOString()} title=${formatMoment(at)}>${text}</time>`;
}
