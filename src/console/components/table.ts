// Rows under headings.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';

/** A column. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand below each other by their last digit. */
  readonly numeric?: boolean;
  /** Takes what room is left, and cuts what does not fit. */
  readonly wide?: boolean;
}

/** Rows that can be chosen. */
export interface Selection {
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}

/** A table. */
export interface TableProps<Row> {
  /** What the rows are; read aloud. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Opens a row; the first cell becomes a button, and a click anywhere in the row does it, too. */
  readonly onOpen?: (row: Row) => void;
  readonly selection?: Selection;
  /** Key of the row that is open. */
  readonly opened?: string;
}

const classOf = <Row>({ numeric, wide }: Column<Row>) =>
  [numeric && 'numeric', wide && 'wide'].filter(Boolean).join(' ');

function withOrWithout(chosen: ReadonlySet<string>, keys: readonly string[], add: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  for (const key of keys) add ? next.add(key) : next.delete(key);
  return next;
}

/** What a click in a row meant: not the row, where it was on something that can be clicked itself, or ended a selection of text. */
const meantTheRow = (event: MouseEvent) =>
  !(event.target as Element).closest('button, a, input, label, select') && !getSelection()?.toString();

/** A table. Where it is wider than the window it is scrolled alone, by keys, too. */
export function Table<Row>(props: TableProps<Row>) {
  const { caption, columns, rows, rowKey, onOpen, selection, opened } = props;
  const keys = rows.map(rowKey);
  const all = selection !== undefined && keys.length > 0 && keys.every((key) => selection.chosen.has(key));
  const tick = (label: string, checked: boolean, of: readonly string[]) =>
    html`<input
      type="checkbox"
      aria-label=${label}
      checked=${checked}
      onChange=${(event: Event) =>
        selection?.onChoose(withOrWithout(selection.chosen, of, (event.currentTarget as HTMLInputElement).checked))}
    />`;
  return html`<div class="table-frame" role="region" aria-label=${caption} tabindex="0">
    <table class="table">
      <caption class="out-of-sight">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${selection && html`<th scope="col" class="tick">${tick('Choose all', all, keys)}</th>`}
          ${columns.map((column) => html`<th key=${column.id} scope="col" class=${classOf(column)}>${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row, at) => {
          const key = keys[at] ?? '';
          return html`<tr
            key=${key}
            class=${`${onOpen ? 'opens' : ''} ${key === opened ? 'opened' : ''}`}
            onClick=${onOpen && ((event: MouseEvent) => meantTheRow(event) && onOpen(row))}
          >
            ${selection && html`<td class="tick">${tick(`Choose row ${at + 1}`, selection.chosen.has(key), [key])}</td>`}
            ${columns.map(
              (column, index) =>
                html`<td key=${column.id} class=${classOf(column)}>
                  ${
                    index === 0 && onOpen
                      ? html`<button type="button" class="row-button" onClick=${() => onOpen(row)}>${column.cell(row)}</button>`
                      : column.cell(row)
                  }
                </td>`,
            )}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
