// The form above the dead letters.

import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button, Select, TextField } from '../../components/index.js';
import { AGO, type Filter, isEmpty } from './filter.js';

const TEXTS = [
  { name: 'workspace', label: 'Workspace', placeholder: 'shop' },
  { name: 'target', label: 'Target', placeholder: 'statsig' },
  { name: 'reason', label: 'Reason', placeholder: 'unauthorized' },
  { name: 'status', label: 'Status', placeholder: '401' },
  { name: 'event', label: 'Event', placeholder: 'Order *' },
  { name: 'user', label: 'User', placeholder: 'user id' },
] as const;

const TIMES = [{ value: '', text: 'Any time' }, ...Object.entries(AGO).map(([value, { text }]) => ({ value, text }))];

/** @param onChange told the filter once it is to be used */
export function FilterBar({
  filter,
  onChange,
}: {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}) {
  const [draft, setDraft] = useState(filter);
  useEffect(() => setDraft(filter), [filter]);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    onChange(draft);
  };
  const none = { workspace: '', target: '', reason: '', status: '', event: '', user: '', ago: '' };
  return html`<form class="letters-filter" role="search" aria-label="Filter dead letters" onSubmit=${onSubmit}>
    ${TEXTS.map(
      ({ name, label, placeholder }) =>
        html`<${TextField}
          key=${name}
          label=${label}
          placeholder=${placeholder}
          value=${draft[name]}
          onInput=${(value: string) => setDraft({ ...draft, [name]: value.trim() })}
        />`,
    )}
    <${Select}
      label="Given up"
      value=${draft.ago}
      choices=${TIMES}
      onChange=${(ago: string) => {
        setDraft({ ...draft, ago });
        onChange({ ...draft, ago });
      }}
    />
    <div class="letters-filter-deeds">
      <${Button} type="submit" icon="search">Filter<//>
      ${!isEmpty(filter) && html`<${Button} kind="quiet" onClick=${() => onChange(none)}>Clear<//>`}
    </div>
  </form>`;
}
