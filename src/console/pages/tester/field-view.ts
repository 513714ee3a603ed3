// JSON whose fields can be pointed at: by the mouse, or by the arrow keys.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

/** A step of a JSON Pointer. */
const toStep = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** What is shown of one value. */
const SHOWN_CHARACTERS = 400;
const SHOWN_FIELDS = 200;
const SHOWN_DEPTH = 40;

interface FieldProps {
  readonly name: string | undefined;
  readonly value: unknown;
  readonly pointer: string;
  readonly lit: ReadonlySet<string>;
  readonly onPoint: (pointer: string | undefined) => void;
}

const kindOf = (value: unknown) =>
  typeof value === 'string' ? 'string' : typeof value === 'number' ? 'number' : 'word';

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** Above or below what is pointed at counts, too: an array is one field of a Statsig event. */
const isLit = (pointer: string, lit: ReadonlySet<string>) =>
  lit.has(pointer) ||
  [...lit].some((each) => pointer.startsWith(`${each}/`) || (each.startsWith(`${pointer}/`) && pointer !== ''));

function Key({ name }: { readonly name: string | undefined }) {
  return name === undefined ? null : html`<span class="json-key">${JSON.stringify(name)}</span>: `;
}

function Field({ name, value, pointer, lit, onPoint }: FieldProps): ComponentChildren {
  const isList = Array.isArray(value);
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length > 0 && pointer.split('/').length <= SHOWN_DEPTH) {
    const [open, close] = isList ? ['[', ']'] : ['{', '}'];
    const shown = entries.slice(0, SHOWN_FIELDS);
    return html`<li>
      <${Key} name=${name} />${open}
      <ul>
        ${shown.map(
          ([key, field]) =>
            html`<${Field} key=${key} name=${isList ? undefined : key} value=${field} pointer=${pointer + toStep(key)} lit=${lit} onPoint=${onPoint} />`,
        )}
        ${shown.length < entries.length && html`<li class="muted">and ${entries.length - shown.length} more</li>`}
      </ul>
      ${close}
    </li>`;
  }
  return html`<li>
    <button
      type="button"
      tabindex="-1"
      class=${`tester-leaf ${isLit(pointer, lit) ? 'tester-lit' : ''}`}
      data-pointer=${pointer}
      onMouseEnter=${() => onPoint(pointer)}
      onMouseLeave=${() => onPoint(undefined)}
      onFocus=${() => onPoint(pointer)}
      onBlur=${() => onPoint(undefined)}
    >
      <${Key} name=${name} /><span class=${`json-${kindOf(value)}`}>${textOf(value)}</span>
    </button>
  </li>`;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/**
 * A value whose fields can be pointed at.
 *
 * @param label what it is
 * @param lit JSON Pointers of fields that are marked
 * @param onPoint told the pointer of the field that the reader is at, or that they are at none
 */
export function FieldView({
  label,
  value,
  lit,
  onPoint,
}: {
  readonly label: string;
  readonly value: unknown;
  readonly lit: ReadonlySet<string>;
  readonly onPoint: (pointer: string | undefined) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const leaves = [...(frame.current?.querySelectorAll<HTMLElement>('.tester-leaf') ?? [])];
    const now = leaves.indexOf(document.activeElement as HTMLElement);
    leaves[now === -1 ? 0 : Math.min(Math.max(now + step, 0), leaves.length - 1)]?.focus();
  };
  return html`<div class="tester-fields mono" role="group" tabindex="0" aria-label=${`${label}: arrow keys go from field to field`} ref=${frame} onKeyDown=${onKeyDown}>
    <ul>
      <${Field} name=${undefined} value=${value} pointer="" lit=${lit} onPoint=${onPoint} />
    </ul>
  </div>`;
}
