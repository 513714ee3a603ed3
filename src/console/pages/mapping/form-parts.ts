// Fields of the form, each for one setting: with what the setting is for, its default, and what is wrong with it.

import { html } from 'htm/preact';
import type { SettingInfo } from '../../../operate/settings/shapes.js';
import { Checkbox, Select, TextField } from '../../components/index.js';
import { Prose } from '../../components/prose.js';
import { type Place, valueAt } from './draft.js';
import type { Row, RowColumn } from './rows-editor.js';
import { RowsEditor } from './rows-editor.js';
import type { Desk } from './use-desk.js';

/** What every tab works with. */
export interface TabProps {
  readonly desk: Desk;
  /** For a reader who may not write, and while the text is edited. */
  readonly disabled: boolean;
}

/** A setting of the form. */
export interface SettingProps extends TabProps {
  readonly place: Place;
  readonly label: string;
}

/** What is known of a setting. */
export function infoOf({ answer }: Desk, place: Place): SettingInfo {
  return answer?.form[place.join('.')] ?? { description: '' };
}

/** What is wrong at a path: `identifierMappings[0].to`. */
export function problemAt({ previewed }: Desk, path: string): string | undefined {
  const answer = previewed.is === 'there' ? previewed.answer : previewed.is === 'waiting' ? previewed.last : undefined;
  const found = [...(answer?.faults ?? []), ...(answer?.warnings ?? [])].filter((each) => each.path === path);
  return found.length === 0 ? undefined : found.map(({ message }) => `${path.split('.').at(-1)} ${message}`).join('. ');
}

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function hintOf({ description, default: given }: SettingInfo) {
  return html`<${Prose} text=${given === undefined ? description : `${description} Default: \`${shown(given)}\`.`} />`;
}

/** A line of text. Empty: the setting is left out. */
export function TextSetting({
  desk,
  disabled,
  place,
  label,
  placeholder,
}: SettingProps & { readonly placeholder?: string }) {
  const value = valueAt(desk.draft, place);
  return html`<${TextField}
    label=${label}
    mono=${true}
    hint=${hintOf(infoOf(desk, place))}
    value=${value === undefined ? '' : shown(value)}
    placeholder=${placeholder}
    error=${problemAt(desk, place.join('.'))}
    disabled=${disabled}
    onInput=${(text: string) => desk.setValue(place, text === '' ? undefined : text)}
  />`;
}

/** A number. What is none is told by the check. */
export function NumberSetting({ desk, disabled, place, label }: SettingProps) {
  const value = valueAt(desk.draft, place);
  const toValue = (text: string) => (text === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text));
  return html`<${TextField}
    label=${label}
    hint=${hintOf(infoOf(desk, place))}
    value=${value === undefined ? '' : shown(value)}
    placeholder=${shown(infoOf(desk, place).default ?? '')}
    error=${problemAt(desk, place.join('.'))}
    disabled=${disabled}
    onInput=${(text: string) => desk.setValue(place, toValue(text.trim()))}
  />`;
}

/** One of what is allowed, or nothing. */
export function ChoiceSetting({ desk, disabled, place, label }: SettingProps) {
  const info = infoOf(desk, place);
  const choices = [
    { value: '', text: info.default === undefined ? 'Not set' : `Not set (${shown(info.default)})` },
    ...(info.choices ?? []).map((value) => ({ value, text: value })),
  ];
  const value = valueAt(desk.draft, place);
  return html`<${Select}
    label=${label}
    hint=${html`<${Prose} text=${info.description} />`}
    value=${typeof value === 'string' ? value : ''}
    choices=${choices}
    error=${problemAt(desk, place.join('.'))}
    disabled=${disabled}
    onChange=${(next: string) => desk.setValue(place, next === '' ? undefined : next)}
  />`;
}

/** On or off. At its default it is left out, unless the file has it. */
export function SwitchSetting({ desk, disabled, place, label }: SettingProps) {
  const info = infoOf(desk, place);
  const value = valueAt(desk.draft, place) ?? info.default ?? false;
  return html`<div class="field">
    <${Checkbox}
      label=${label}
      checked=${value === true}
      disabled=${disabled}
      onChange=${(checked: boolean) => desk.setValue(place, checked === info.default ? undefined : checked)}
    />
    <div class="field-hint"><${Prose} text=${info.description} /></div>
  </div>`;
}

/** Some of what is allowed. All of the default: the setting is left out. */
export function SetSetting({ desk, disabled, place, label }: SettingProps) {
  const info = infoOf(desk, place);
  const all = info.choices ?? [];
  const given = valueAt(desk.draft, place) ?? info.default;
  const chosen: readonly unknown[] = Array.isArray(given) ? given : all;
  const set = (name: string, checked: boolean) => {
    const next = all.filter((each) => (each === name ? checked : chosen.includes(each)));
    desk.setValue(place, JSON.stringify(next) === JSON.stringify(info.default ?? all) ? undefined : next);
  };
  return html`<fieldset class="mapping-set">
    <legend class="field-label">${label}</legend>
    <div class="mapping-choices">
      ${all.map(
        (name) =>
          html`<${Checkbox} key=${name} label=${name} checked=${chosen.includes(name)} disabled=${disabled} onChange=${(checked: boolean) => set(name, checked)} />`,
      )}
    </div>
    <div class="field-hint"><${Prose} text=${info.description} /></div>
    ${problemAt(desk, place.join('.')) && html`<div class="field-error">${problemAt(desk, place.join('.'))}</div>`}
  </fieldset>`;
}

/** Rows of a setting. */
export function RowsSetting({
  desk,
  disabled,
  place,
  label,
  what,
  columns,
}: SettingProps & { readonly what: string; readonly columns: readonly RowColumn[] }) {
  const value = valueAt(desk.draft, place);
  const rows: readonly Row[] = Array.isArray(value) ? value : [];
  const path = place.join('.');
  return html`<section class="stack mapping-section">
    <div>
      <h3>${label}</h3>
      <p class="field-hint"><${Prose} text=${infoOf(desk, place).description} /></p>
    </div>
    <${RowsEditor}
      what=${what}
      columns=${columns}
      rows=${rows}
      disabled=${disabled}
      problemOf=${(index: number, name: string) => problemAt(desk, `${path}[${index}].${name}`) ?? (name === columns[0]?.name ? problemAt(desk, `${path}[${index}]`) : undefined)}
      onChange=${(next: readonly Row[]) => desk.setValue(place, next.length === 0 && value === undefined ? undefined : next)}
    />
  </section>`;
}
