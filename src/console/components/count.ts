// A number with what it counts.

import { html } from 'htm/preact';
import { formatCount, formatShort } from './format.js';

/** @param unit what is counted, in the plural @param one in the singular, where that is not the plural without its `s` */
export function Count({
  value,
  unit,
  one,
  short = false,
}: {
  readonly value: number;
  readonly unit?: string;
  readonly one?: string;
  readonly short?: boolean;
}) {
  const word = unit !== undefined && value === 1 ? (one ?? unit.replace(/s$/, '')) : unit;
  return html`<span class="count" title=${short ? formatCount(value) : undefined}
    >${short ? formatShort(value) : formatCount(value)}${word && html` <span class="unit">${word}</span>`}</span
  >`;
}
