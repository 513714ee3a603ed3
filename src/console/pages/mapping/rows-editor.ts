// Rows of settings: added, taken away, moved, each with what is wrong with it.

import { html } from 'htm/preact';
import { useId, useRef } from 'preact/hooks';
import { Button, TextField } from '../../components/index.js';

/** A row: texts by name. Other values of it are kept as they are. */
export type Row = Readonly<Record<string, unknown>>;

/** A part of a row. */
export interface RowColumn {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly suggestions?: readonly string[];
}

/** Rows of settings. */
export interface RowsEditorProps {
  /** What a row is, for buttons: `mapping`. */
  readonly what: string;
  readonly columns: readonly RowColumn[];
  readonly rows: readonly Row[];
  readonly onChange: (rows: readonly Row[]) => void;
  /** What is wrong with a part of a row. */
  readonly problemOf: (index: number, name: string) => string | undefined;
  readonly disabled: boolean;
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/** Empty parts are left out, so that what is missing is told as missing. */
function withPart(row: Row, name: string, text: string): Row {
  const { [name]: _old, ...others } = row;
  return text === '' ? others : { ...row, [name]: text };
}

/** Rows in their order: the first that fits is used. */
export function RowsEditor({ what, columns, rows, onChange, problemOf, disabled }: RowsEditorProps) {
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const set = (index: number, row: Row) => onChange(rows.map((each, at) => (at === index ? row : each)));
  const focusRow = (index: number) =>
    requestAnimationFrame(() => list.current?.children[index]?.querySelector('input')?.focus());
  const move = (from: number, to: number) => {
    const others = rows.filter((_, at) => at !== from);
    const row = rows[from];
    if (row !== undefined) onChange([...others.slice(0, to), row, ...others.slice(to)]);
  };
  const remove = (index: number) => {
    onChange(rows.filter((_, at) => at !== index));
    if (rows.length > 1) focusRow(Math.min(index, rows.length - 2));
  };
  return html`<div>
    ${columns.map(
      ({ name, suggestions = [] }) =>
        suggestions.length > 0 &&
        html`<datalist key=${name} id=${`${id}-${name}`}>
          ${suggestions.map((text) => html`<option key=${text} value=${text}></option>`)}
        </datalist>`,
    )}
    ${
      rows.length > 0 &&
      html`<div class="mapping-row mapping-heads" aria-hidden="true">
        ${columns.map(({ name, label }) => html`<span key=${name} class="field">${label}</span>`)}
        ${!disabled && html`<span class="mapping-row-deeds"></span>`}
      </div>`
    }
    <ol class="mapping-rows" ref=${list}>
      ${rows.map(
        (row, index) =>
          html`<li key=${index} class="mapping-row">
            ${columns.map(
              ({ name, label, placeholder, suggestions = [] }) =>
                html`<${TextField}
                  key=${name}
                  label=${`${label} of ${what} ${index + 1}`}
                  hideLabel=${true}
                  mono=${true}
                  value=${textOf(row[name])}
                  placeholder=${placeholder ?? label}
                  list=${suggestions.length > 0 ? `${id}-${name}` : undefined}
                  error=${problemOf(index, name)}
                  disabled=${disabled}
                  onInput=${(text: string) => set(index, withPart(row, name, text))}
                />`,
            )}
            ${
              !disabled &&
              html`<span class="mapping-row-deeds">
                <${Button} kind="quiet" icon="previous" label=${`Move ${what} ${index + 1} up`} disabledBecause=${index === 0 && 'It is the first.'} onClick=${() => move(index, index - 1)} />
                <${Button} kind="quiet" icon="next" label=${`Move ${what} ${index + 1} down`} disabledBecause=${index === rows.length - 1 && 'It is the last.'} onClick=${() => move(index, index + 1)} />
                <${Button} kind="quiet" icon="close" label=${`Remove ${what} ${index + 1}`} onClick=${() => remove(index)} />
              </span>`
            }
          </li>`,
      )}
    </ol>
    ${
      !disabled &&
      html`<${Button}
        onClick=${() => {
          onChange([...rows, {}]);
          focusRow(rows.length);
        }}
        >Add a ${what}<//
      >`
    }
  </div>`;
}
