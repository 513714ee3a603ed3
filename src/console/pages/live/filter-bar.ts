// What of the log is shown.

import { html } from 'htm/preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { Button, Select, TextField } from '../../components/index.js';
import { countFilters, type Filters } from './filters.js';
import { DIRECTIONS, OUTCOMES, PROTOCOLS } from './words.js';

/** A reader is still writing. */
const PATIENCE_MS = 300;

const choices = (any: string, words: Readonly<Record<string, string>>) => [
  { value: '', text: any },
  ...Object.entries(words).map(([value, text]) => ({ value, text })),
];

const OUTCOME_WORDS = Object.fromEntries(Object.entries(OUTCOMES).map(([value, { text }]) => [value, text]));

/** A field whose value is taken when the reader pauses. */
function Patient(props: {
  readonly label: string;
  readonly value: string;
  readonly type?: 'text' | 'search';
  readonly list?: string;
  readonly onSettle: (value: string) => void;
}) {
  const { label, value, type = 'text', list, onSettle } = props;
  const [written, setWritten] = useState(value);
  useEffect(() => setWritten(value), [value]);
  useEffect(() => {
    if (written === value) return undefined;
    const timer = setTimeout(() => onSettle(written), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  return html`<${TextField} label=${label} hideLabel placeholder=${label} type=${type} list=${list} value=${written} onInput=${setWritten} />`;
}

/** @param workspaces, events that were seen */
export function FilterBar({
  filters,
  workspaces,
  events,
  onChange,
}: {
  readonly filters: Filters;
  readonly workspaces: readonly string[];
  readonly events: readonly string[];
  readonly onChange: (filters: Filters) => void;
}) {
  const id = useId();
  const set = (name: keyof Filters) => (value: string) => onChange({ ...filters, [name]: value });
  const clear = () => onChange(Object.fromEntries(Object.keys(filters).map((name) => [name, ''])) as Filters);
  return html`<form class="live-filters" role="search" aria-label="Filters of the log" onSubmit=${(event: Event) => event.preventDefault()}>
    <${Patient} label="Search" type="search" value=${filters.search} onSettle=${set('search')} />
    <${Select} label="Outcome" hideLabel value=${filters.outcome} onChange=${set('outcome')} choices=${choices('Any outcome', OUTCOME_WORDS)} />
    <${Select} label="Direction" hideLabel value=${filters.direction} onChange=${set('direction')} choices=${choices('Any direction', DIRECTIONS)} />
    <${Select} label="Source" hideLabel value=${filters.protocol} onChange=${set('protocol')} choices=${choices('Any source', PROTOCOLS)} />
    <${Select}
      label="Workspace"
      hideLabel
      value=${filters.workspace}
      onChange=${set('workspace')}
      choices=${choices('Any workspace', Object.fromEntries(workspaces.map((name) => [name, name])))}
    />
    <${Patient} label="Event name" list=${id} value=${filters.event} onSettle=${set('event')} />
    <datalist id=${id}>${events.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>
    ${countFilters(filters) > 0 && html`<${Button} kind="quiet" icon="close" onClick=${clear}>Clear filters<//>`}
  </form>`;
}
