// The prefix of names: that of the preset, one of its own, or none, which is not the same as not set.

import { html } from 'htm/preact';
import { Checkbox } from '../../components/index.js';
import { valueAt } from './draft.js';
import { type TabProps, TextSetting } from './form-parts.js';

const PLACE = ['eventNamePrefix'];

export function PrefixSetting(props: TabProps) {
  const { desk, disabled } = props;
  const isNone = valueAt(desk.draft, PLACE) === '';
  return html`<div class="stack">
    <${TextSetting} ...${props} place=${PLACE} label="Prefix" placeholder="that of the preset" disabled=${disabled || isNone} />
    <${Checkbox} label="No prefix" checked=${isNone} disabled=${disabled} onChange=${(checked: boolean) => desk.setValue(PLACE, checked ? '' : undefined)} />
  </div>`;
}
