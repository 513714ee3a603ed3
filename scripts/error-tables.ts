// Writes the tables of docs/errors.md from the error table of the source.

import { INVALID_EVENT, INVALID_REQUEST, UNAVAILABLE, UNREADABLE } from '../src/base/errors.js';
import { markdownTable } from './markdown-table.js';

const SECTIONS = [
  {
    title: 'One event',
    meaning:
      'The event is not sent; the rest of its batch is unharmed. The same event fails again until it or its settings are changed.',
    rows: INVALID_EVENT,
  },
  {
    title: 'The whole request',
    meaning: 'Nothing of the request is processed. The same request fails again.',
    rows: INVALID_REQUEST,
  },
  {
    title: 'Unavailable',
    meaning: 'A fault or limit on our side. Nothing is lost: the sender keeps the events and tries again.',
    rows: UNAVAILABLE,
  },
  {
    title: 'No request',
    meaning:
      'Refused by Node.js before any route: the answer is a status without a body. `statsig_cdp_refused_total` counts these with the route `none`, and the log says the first of a row.',
    rows: UNREADABLE,
  },
];

/** One table for each group of codes, under its heading. */
export function errorTables(): string {
  const sections = SECTIONS.map(({ title, meaning, rows }) => {
    const cells = Object.entries(rows).map(([code, { status, message, fix }]) => [
      `\`${code}\``,
      String(status),
      message,
      fix,
    ]);
    return [`## ${title}`, meaning, markdownTable(['Code', 'Status', 'What happened', 'What to do'], cells)].join(
      '\n\n',
    );
  });
  return sections.join('\n\n');
}
