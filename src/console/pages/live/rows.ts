// The list of the log: only the rows that can be seen are in the page, and the same rows are written again, so that neither much that arrives nor much that is kept costs time.

import { html } from 'htm/preact';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { LiveEntry } from '../../../operate/live/shapes.js';
import { Badge, Time } from '../../components/index.js';
import type { LogRow, Rows } from './log.js';
import { scrollToRow, windowOf } from './window.js';
import { outcomeOf, sourceOf, subjectOf, whyOf } from './words.js';

/** As the style sheet has them. */
const ROW_PX = 30;
const HEAD_PX = 30;

/** Where the style sheet leaves columns out. */
const NARROW = matchMedia('(max-width: 860px)');

/** How many columns there are. */
function useColumns(): number {
  const [narrow, setNarrow] = useState(NARROW.matches);
  useEffect(() => {
    const read = () => setNarrow(NARROW.matches);
    NARROW.addEventListener('change', read);
    return () => NARROW.removeEventListener('change', read);
  }, []);
  return narrow ? 3 : 7;
}

const KEYS: Readonly<Record<string, (now: number, page: number, last: number) => number>> = {
  ArrowDown: (now) => now + 1,
  ArrowUp: (now) => now - 1,
  PageDown: (now, page) => now + page,
  PageUp: (now, page) => now - page,
  Home: () => 0,
  End: (_, __, last) => last,
};

/** The size of an element. */
function useHeight(element: { readonly current: HTMLElement | null }): number {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const at = element.current;
    if (at === null) return undefined;
    const measure = () => setHeight(at.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(at);
    return () => observer.disconnect();
  }, []);
  return height;
}

function Cells({
  entry,
  tabindex,
  onOpen,
}: {
  entry: LiveEntry;
  tabindex: number;
  onOpen: (entry: LiveEntry) => void;
}) {
  const { text, tone } = outcomeOf(entry);
  return html`<td class="live-time"><${Time} at=${entry.at} as="clock" /></td>
    <td><${Badge} tone=${tone}>${text}<//></td>
    <td class="live-subject">
      <button type="button" class="row-button" tabindex=${tabindex} onClick=${() => onOpen(entry)}>${subjectOf(entry)}</button>
    </td>
    <td class="live-more">${entry.user}</td>
    <td class="live-more">${entry.workspace}</td>
    <td class="live-more live-source">${sourceOf(entry)}</td>
    <td class="live-why" title=${whyOf(entry)}>${whyOf(entry)}</td>`;
}

/** What is done with the list. */
export interface LogRowsProps {
  /** Where the frame is put, for what scrolls it from outside. */
  readonly frame: RefObject<HTMLDivElement>;
  /** What is listed; read aloud. */
  readonly caption: string;
  readonly rows: Rows;
  readonly opened: string | undefined;
  readonly onOpen: (entry: LiveEntry) => void;
  /** The reader is within the list: it must not move under them. */
  readonly onReading: (reading: boolean) => void;
}

/** The list. Arrow keys go from row to row, Enter opens one. */
export function LogRows({ frame, caption, rows, opened, onOpen, onReading }: LogRowsProps) {
  const height = useHeight(frame);
  const columns = useColumns();
  const [scrollTop, setScrollTop] = useState(0);
  const [active, setActive] = useState(0);
  const focusActive = useRef(false);
  const focused = useRef(false);
  const pressed = useRef<LogRow | undefined>(undefined);
  const room = Math.max(0, height - HEAD_PX);
  const { first, end, above, below } = windowOf(rows.size, ROW_PX, scrollTop, room);
  const tabbable = active >= first && active < end ? active : first;

  const tell = (top: number) => onReading(top > ROW_PX || focused.current);
  const onScroll = () => {
    const top = frame.current?.scrollTop ?? 0;
    setScrollTop(top);
    tell(top);
  };
  const onFocus = (event: FocusEvent) => {
    focused.current = (event.target as Element).closest('tbody') !== null;
    tell(scrollTop);
  };
  const onBlur = (event: FocusEvent) => {
    if (frame.current?.contains(event.relatedTarget as Node | null)) return;
    focused.current = false;
    tell(scrollTop);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = KEYS[event.key];
    const at = frame.current;
    if (step === undefined || at === null || !focused.current) return;
    event.preventDefault();
    const last = rows.size - 1;
    const next = Math.min(Math.max(0, step(tabbable, Math.floor(room / ROW_PX), last)), last);
    setActive(next);
    at.scrollTop = scrollToRow(next, ROW_PX, at.scrollTop, room);
    focusActive.current = true;
  };
  useEffect(() => {
    if (!focusActive.current) return;
    focusActive.current = false;
    frame.current?.querySelector<HTMLElement>('tbody button[tabindex="0"]')?.focus({ preventScroll: true });
  });
  // The row under the pointer may be another one when the button is let go.
  const onPress = (row: LogRow | undefined) => {
    pressed.current = row;
  };
  const open = (entry: LiveEntry) => {
    const row = pressed.current;
    pressed.current = undefined;
    onOpen(row !== undefined && 'entry' in row ? row.entry : entry);
  };

  const drawn = Array.from({ length: end - first }, (_, slot) => ({
    slot,
    at: first + slot,
    row: rows.at(first + slot),
  }));
  return html`<div
    class="live-frame"
    ref=${frame}
    role="region"
    aria-label=${caption}
    tabindex="0"
    onScroll=${onScroll}
    onFocusIn=${onFocus}
    onFocusOut=${onBlur}
    onKeyDown=${onKeyDown}
  >
    <table class="live-table" aria-rowcount=${rows.size + 1}>
      <caption class="out-of-sight">${caption}</caption>
      <thead>
        <tr aria-rowindex="1">
          <th scope="col" class="live-time">Time</th>
          <th scope="col" class="live-outcome">Outcome</th>
          <th scope="col" class="live-subject">Event or request</th>
          <th scope="col" class="live-more">User</th>
          <th scope="col" class="live-more">Workspace</th>
          <th scope="col" class="live-more live-source">Source</th>
          <th scope="col" class="live-why">Why</th>
        </tr>
      </thead>
      <tbody>
        ${above > 0 && html`<tr key="above" class="live-room" aria-hidden="true"><td colspan=${columns} style=${{ height: `${above}px` }}></td></tr>`}
        ${drawn.map(({ slot, at, row }) => {
          if (row === undefined) return null;
          if ('said' in row)
            return html`<tr key=${slot} class="live-said" aria-rowindex=${at + 2}><td colspan=${columns}>${row.said}</td></tr>`;
          return html`<tr
            key=${slot}
            aria-rowindex=${at + 2}
            class=${row.entry.id === opened ? 'live-row opened' : 'live-row'}
            onPointerDown=${() => onPress(row)}
            onClick=${(event: MouseEvent) => (event.target as Element).closest('button') === null && open(row.entry)}
          >
            <${Cells} entry=${row.entry} tabindex=${at === tabbable ? 0 : -1} onOpen=${open} />
          </tr>`;
        })}
        ${below > 0 && html`<tr key="below" class="live-room" aria-hidden="true"><td colspan=${columns} style=${{ height: `${below}px` }}></td></tr>`}
      </tbody>
    </table>
  </div>`;
}
