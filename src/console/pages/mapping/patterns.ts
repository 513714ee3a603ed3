// A list of strings: names and patterns with the names seen lately that they match, field paths, environments.

import { html } from 'htm/preact';
import { useId, useState } from 'preact/hooks';
import type { PatternMatches } from '../../../operate/settings/shapes.js';
import { Button, Count, Field, type Tied } from '../../components/index.js';
import { Prose } from '../../components/prose.js';
import { valueAt } from './draft.js';
import { effectOf } from './effect-of.js';
import { infoOf, problemAt, type SettingProps } from './form-parts.js';

function Matches({ matches }: { readonly matches: PatternMatches | undefined }) {
  if (matches === undefined) return null;
  if (matches.names.length === 0) return html`<span class="muted">none of the names seen lately</span>`;
  return html`<span class="muted" title=${matches.names.join(', ')}><${Count} value=${matches.names.length} unit="names" />: ${matches.names.slice(0, 3).join(', ')}${matches.names.length > 3 && ' …'}</span>`;
}

/** @param suggestions what was seen lately */
export function PatternsSetting({
  desk,
  disabled,
  place,
  label,
  suggestions,
  placeholder = 'Order *',
}: SettingProps & { readonly suggestions: readonly string[]; readonly placeholder?: string }) {
  const id = useId();
  const [text, setText] = useState('');
  const value = valueAt(desk.draft, place);
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [];
  const path = place.join('.');
  const found = effectOf(desk)?.patterns ?? [];
  const set = (next: readonly unknown[]) => desk.setValue(place, next.length === 0 ? undefined : next);
  const add = (event: Event) => {
    event.preventDefault();
    if (text === '' || patterns.includes(text)) return;
    set([...patterns, text]);
    setText('');
  };
  return html`<section class="stack mapping-section">
    <div>
      <h3>${label}</h3>
      <p class="field-hint"><${Prose} text=${infoOf(desk, place).description} /></p>
    </div>
    ${
      patterns.length > 0 &&
      html`<ul class="mapping-patterns">
        ${patterns.map(
          (pattern, index) =>
            html`<li key=${`${index} ${pattern}`}>
              <code>${String(pattern)}</code>
              <${Matches} matches=${found.find((each) => each.list === path && each.pattern === pattern)} />
              ${problemAt(desk, `${path}[${index}]`) && html`<span class="field-error">${problemAt(desk, `${path}[${index}]`)}</span>`}
              ${!disabled && html`<${Button} kind="quiet" icon="close" label=${`Remove ${pattern}`} onClick=${() => set(patterns.filter((_, at) => at !== index))} />`}
            </li>`,
        )}
      </ul>`
    }
    ${
      !disabled &&
      html`<form class="mapping-add" onSubmit=${add}>
        <${Field} label=${`Add to: ${label}`} hideLabel=${true}>
          ${(tied: Tied) =>
            html`<input
              ...${tied}
              class="input mono"
              value=${text}
              list=${id}
              placeholder=${placeholder}
              autocomplete="off"
              spellcheck=${false}
              onInput=${(event: Event) => setText((event.currentTarget as HTMLInputElement).value)}
            />`}
        <//>
        <${Button} type="submit">Add<//>
        <datalist id=${id}>${suggestions.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>
      </form>`
    }
  </section>`;
}
