// Drawn signs. Each stands beside words or in a button with a name, so that none is read aloud.

import { html } from 'htm/preact';

/** Paths on a field of 16 by 16. */
const PATHS = {
  overview: 'M2 13V9m4 4V4m4 9V7m4 6V2',
  live: 'M1.5 8h3l2-5 3 10 2-5h3',
  tester: 'M6 1.5h4M7 2v4.2L3 13a1 1 0 0 0 .9 1.5h8.2A1 1 0 0 0 13 13L9 6.2V2M4.7 10h6.6',
  mapping: 'M2 4h4l4 8h4M12 10l2 2-2 2M2 12h4l1-2m2-4 1-2h4m-2-2 2 2-2 2',
  'dead-letters': 'M2 4h12v9H2zM2 4.5l6 5 6-5',
  audiences:
    'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 14c0-2.5 2-4.5 4.5-4.5s4.5 2 4.5 4.5M10.5 2.7a2.5 2.5 0 0 1 0 4.6M12 9.8c1.5.6 2.5 2.2 2.5 4.2',
  connect: 'M6.5 9.5l3-3M7 4.5l1.5-1.5a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.5 1.5A3 3 0 0 1 3 8.5L4.5 7',
  close: 'M3.5 3.5l9 9m0-9l-9 9',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  pause: 'M5 3v10m6-10v10',
  play: 'M4.5 2.5l8.5 5.5-8.5 5.5z',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.7-1.3L14 14',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5m0 11V15M1 8h1.5m11 0H15M3 3l1 1m8 8 1 1m0-10-1 1m-8 8-1 1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  system: 'M1.5 2.5h13v9h-13zM5.5 14h5',
  out: 'M6 2H2.5v12H6M6.5 8H14m-3-3 3 3-3 3',
  warn: 'M8 2 14.5 13.5h-13zM8 6.5v3.5m0 1.5v.2',
  info: 'M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 7.5v4M8 4.8v.2',
  reload: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V4.5h-3',
  download: 'M8 2v8m-3-3 3 3 3-3M2.5 13.5h11',
  previous: 'M10 3 5 8l5 5',
  next: 'M6 3l5 5-5 5',
} as const;

/** Name of a sign. */
export type IconName = keyof typeof PATHS;

/** A sign of the size and colour of the words beside it. */
export function Icon({ name }: { readonly name: IconName }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}
