// The dead letters themselves, newest first, a page at a time.

import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeadLetterLine } from '../../../operate/dead-letters/shapes.js';
import { Badge, Button, type Column, Empty, Loading, Notice, Table, Time } from '../../components/index.js';
import { messageOf } from '../../error-message.js';
import { loadLetters, PAGE_SIZE } from './api.js';

const COLUMNS: readonly Column<DeadLetterLine>[] = [
  { id: 'event', title: 'Event', cell: ({ event, key }) => event ?? key },
  { id: 'user', title: 'User', cell: ({ user }) => user ?? '–' },
  { id: 'diedAt', title: 'Given up', cell: ({ diedAt }) => html`<${Time} at=${diedAt} />` },
  { id: 'reason', title: 'Reason', cell: ({ reason }) => html`<${Badge} tone="bad">${reason}<//>` },
  { id: 'attempts', title: 'Tries', numeric: true, cell: ({ attempts }) => attempts },
  { id: 'answer', title: 'Last answer', wide: true, cell: ({ answer }) => answer },
];

/** What was loaded so far. */
interface Pages {
  readonly letters: readonly DeadLetterLine[];
  readonly isLast: boolean;
  readonly loading: boolean;
  readonly error?: string;
}

const NONE: Pages = { letters: [], isLast: false, loading: true };

/** @param round another number loads anew */
function usePages(asked: Readonly<Record<string, string | number>>, name: string, round: number) {
  const [pages, setPages] = useState<Pages>(NONE);
  const current = useRef<AbortController | undefined>(undefined);
  const load = (before: readonly DeadLetterLine[]) => {
    current.current?.abort();
    const own = new AbortController();
    current.current = own;
    setPages((now) => ({ ...now, loading: true }));
    loadLetters(asked, before.at(-1)?.key, own.signal).then(
      (more) => setPages({ letters: [...before, ...more], isLast: more.length < PAGE_SIZE, loading: false }),
      (error: unknown) => {
        if (!own.signal.aborted) setPages({ ...NONE, letters: before, loading: false, error: messageOf(error) });
      },
    );
  };
  useEffect(() => {
    load([]);
    return () => current.current?.abort();
  }, [name, round]);
  return { ...pages, loadMore: () => load(pages.letters) };
}

/** @param name changes where the filter does */
export function Letters({
  asked,
  withReason,
  name,
  round,
  chosen,
  onChoose,
  opened,
  onOpen,
}: {
  readonly asked: Readonly<Record<string, string | number>>;
  /** Whether they may have different ones. */
  readonly withReason: boolean;
  readonly name: string;
  readonly round: number;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: ((chosen: ReadonlySet<string>) => void) | undefined;
  readonly opened: string | undefined;
  readonly onOpen: (letter: DeadLetterLine) => void;
}) {
  const { letters, isLast, loading, error, loadMore } = usePages(asked, name, round);
  if (error !== undefined) return html`<${Notice} kind="bad" title="The list cannot be read.">${error}<//>`;
  if (letters.length === 0)
    return loading ? html`<${Loading} />` : html`<${Empty} title="Nothing is left of these dead letters" />`;
  return html`<${Table}
      caption="Dead letters, newest first"
      columns=${withReason ? COLUMNS : COLUMNS.filter(({ id }) => id !== 'reason')}
      rows=${letters}
      rowKey=${({ key }: DeadLetterLine) => key}
      onOpen=${onOpen}
      opened=${opened}
      ...${onChoose === undefined ? {} : { selection: { chosen, onChoose } }}
    />
    ${!isLast && html`<div class="bar letters-more"><${Button} busy=${loading} onClick=${loadMore}>Show more<//></div>`}`;
}
