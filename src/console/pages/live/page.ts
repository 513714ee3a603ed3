// Each event as it is received and decided, and each request that was refused, while it happens.

import { html } from 'htm/preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LiveEntry } from '../../../operate/live/shapes.js';
import {
  Badge,
  Button,
  Empty,
  formatCount,
  formatShort,
  Heading,
  Notice,
  Tabs,
  useNow,
} from '../../components/index.js';
import type { PageProps } from '../../pages.js';
import { rememberQuery } from '../../router.js';
import type { StreamState } from '../../stream.js';
import { DetailsDrawer } from './details.js';
import { FilterBar } from './filter-bar.js';
import { countFilters, type Filters, readFilters } from './filters.js';
import type { Log, LogList, Rows } from './log.js';
import { LogRows } from './rows.js';
import { type FollowedLog, useLog } from './use-log.js';

/** How often errors are told of aloud at most. */
const SAID_EVERY_MS = 10_000;

function Connection({ state, retryNow }: { readonly state: StreamState; readonly retryNow: () => void }) {
  const text = { connecting: 'Connecting', open: 'Connected', away: 'Reconnecting', ended: 'Stopped' }[state.is];
  const tone = { connecting: 'plain', open: 'good', away: 'warn', ended: 'bad' } as const;
  return html`<span role="status"><${Badge} tone=${tone[state.is]} title=${'because' in state ? state.because : ''}>${text}<//></span>
    ${state.is === 'away' && html`<${Button} kind="quiet" icon="reload" onClick=${retryNow}>Try now<//>`}`;
}

/** Tells those who listen how many errors came, not more often than they can hear. */
function ErrorsAloud({ log }: { readonly log: Log }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    let before = log.errors;
    const timer = setInterval(() => {
      const more = log.errors - before;
      before = log.errors;
      if (more > 0) setSaid(`${formatCount(more)} new ${more === 1 ? 'error' : 'errors'}`);
    }, SAID_EVERY_MS);
    return () => clearInterval(timer);
  }, [log]);
  return html`<div class="out-of-sight" aria-live="polite">${said}</div>`;
}

function Rate({ log }: { readonly log: Log }) {
  const now = useNow();
  const rate = log.rate(now);
  return html`<span class="muted numeric">${formatCount(log.arrived)} entries, ${rate < 10 ? rate.toFixed(1) : formatShort(Math.round(rate))}/s</span>`;
}

function Nothing({ list, filters, off }: { readonly list: LogList; readonly filters: Filters; readonly off: boolean }) {
  if (off) return null;
  if (countFilters(filters) > 0)
    return html`<${Empty} title="Nothing matches the filters">New entries that match appear by themselves.<//>`;
  if (list === 'errors')
    return html`<${Empty} title="No errors">What is refused, fails or has to be retried is kept here.<//>`;
  return html`<${Empty} title="Waiting for the first event">
    Send one, or try one in the <a href="#/tester">tester</a>. It appears here by itself.
  <//>`;
}

const stepFrom = (rows: Rows, entry: LiveEntry, step: number): LiveEntry | undefined => {
  const indices = Array.from({ length: rows.size }, (_, index) => index);
  const now = indices.find((index) => {
    const row = rows.at(index);
    return row !== undefined && 'entry' in row && row.entry.id === entry.id;
  });
  for (let at = (now ?? -1) + step; now !== undefined && at >= 0 && at < rows.size; at += step) {
    const row = rows.at(at);
    if (row !== undefined && 'entry' in row) return row.entry;
  }
  return undefined;
};

/** Holds the view while the reader wants it, reads in it, or has an entry open. */
function useHold({ log, draw }: FollowedLog, hold: boolean): void {
  useEffect(() => {
    if (hold) log.hold();
    else log.release();
    draw();
  }, [log, hold]);
}

/** The live log. */
export function LivePage({ query }: PageProps) {
  const filters = useMemo(() => readFilters(query), [query]);
  const list: LogList = query.get('list') === 'errors' ? 'errors' : 'all';
  const followed = useLog(filters);
  const { log, state, off, workspaces, events, retryNow } = followed;
  const [paused, setPaused] = useState(false);
  const [reading, setReading] = useState(false);
  const [opened, setOpened] = useState<LiveEntry | undefined>(undefined);
  const frame = useRef<HTMLDivElement>(null);
  useHold(followed, paused || reading || opened !== undefined);

  const show = (next: Filters, nextList: string) =>
    rememberQuery('live', { ...next, list: nextList === 'errors' ? 'errors' : undefined });
  const resume = () => {
    setPaused(false);
    setReading(false);
    frame.current?.scrollTo(0, 0);
    log.release();
    followed.draw();
  };
  const onStep = useCallback(
    (step: number) => setOpened((now) => (now && stepFrom(log.rows(list), now, step)) ?? now),
    [log, list],
  );
  const rows = log.rows(list);
  const waiting = log.arrivedSinceHeld;

  return html`<${Heading} title="Live log">
      <${Connection} state=${state} retryNow=${retryNow} />
      <${Rate} log=${log} />
      <${Button} icon=${paused ? 'play' : 'pause'} pressed=${paused} onClick=${paused ? resume : () => setPaused(true)}>
        ${paused ? 'Resume' : 'Pause'}
      <//>
    <//>
    ${
      off &&
      html`<${Notice} kind="warn" title="The live log is off.">
        This process was started with <code>LIVE_LOG=off</code>, and keeps no events in memory. Start it without that to see them here.
      <//>`
    }
    ${state.is === 'ended' && html`<${Notice} kind="bad" title="The log does not follow any more.">${state.because}<//>`}
    <${FilterBar}
      filters=${filters}
      workspaces=${workspaces.list(filters.workspace)}
      events=${events.list(filters.event)}
      onChange=${(next: Filters) => show(next, list)}
    />
    <${ErrorsAloud} log=${log} />
    <${Tabs}
      label="Lists of the log"
      tabs=${[{ id: 'all', title: 'All' }, { id: 'errors', title: 'Errors', count: log.errors }]}
      selected=${list}
      onSelect=${(id: string) => show(filters, id)}
    >
      <div class="live-list">
        ${
          log.held &&
          (waiting > 0 || paused) &&
          html`<div class="live-held">
            <${Button} kind="primary" icon="play" onClick=${resume}>
              ${waiting > 0 ? `Show ${formatCount(waiting)} new ${waiting === 1 ? 'entry' : 'entries'}` : 'Paused: nothing new'}
            <//>
          </div>`
        }
        ${
          rows.size === 0
            ? html`<${Nothing} list=${list} filters=${filters} off=${off} />`
            : html`<${LogRows}
                key=${list}
                frame=${frame}
                caption=${list === 'errors' ? 'Errors, newest first' : 'Entries, newest first'}
                rows=${rows}
                opened=${opened?.id}
                onOpen=${setOpened}
                onReading=${setReading}
              />`
        }
      </div>
    <//>
    ${
      opened !== undefined &&
      html`<${DetailsDrawer} entry=${opened} onClose=${() => setOpened(undefined)} onStep=${onStep} />`
    }`;
}
