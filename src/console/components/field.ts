// Fields of forms: a label, the control, a hint, an error. The words are tied to the control.

import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';

/** What the control needs to be tied to its words; spread into it: `<input ...${tied} />`. */
export interface Tied {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': 'true' | undefined;
}

/** Words around a control. */
export interface FieldProps {
  readonly label: string;
  /** Keeps the label for those who listen alone. */
  readonly hideLabel?: boolean;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
}

/** @param children makes the control */
export function Field({
  label,
  hideLabel = false,
  hint,
  error,
  children,
}: FieldProps & { readonly children: (tied: Tied) => VNode }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  const tied: Tied = { id, 'aria-describedby': described || undefined, 'aria-invalid': error ? 'true' : undefined };
  return html`<div class="field">
    <label for=${id} class=${hideLabel ? 'out-of-sight' : 'field-label'}>${label}</label>
    ${children(tied)} ${hint && html`<div id=${`${id}-hint`} class="field-hint">${hint}</div>`}
    ${error && html`<div id=${`${id}-error`} class="field-error">${error}</div>`}
  </div>`;
}

/** A line of text. */
export interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'password' | 'search' | 'number' | 'datetime-local';
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly list?: string;
  readonly mono?: boolean;
  readonly disabled?: boolean;
}

/** A field for a line of text. */
export function TextField(props: TextFieldProps) {
  const { value, onInput, type = 'text', placeholder, autocomplete = 'off', list, mono = false, disabled } = props;
  return html`<${Field} ...${props}>
    ${(tied: Tied) =>
      html`<input
        ...${tied}
        class=${mono ? 'input mono' : 'input'}
        type=${type}
        value=${value}
        placeholder=${placeholder}
        autocomplete=${autocomplete}
        spellcheck=${false}
        list=${list}
        disabled=${disabled}
        onInput=${(event: InputEvent) => onInput((event.currentTarget as HTMLInputElement).value)}
      />`}
  <//>`;
}

/** A field for more lines of text. */
export function TextArea(
  props: FieldProps & {
    readonly value: string;
    readonly onInput: (value: string) => void;
    readonly rows?: number;
    readonly disabled?: boolean;
  },
) {
  const { value, onInput, rows = 8, disabled } = props;
  return html`<${Field} ...${props}>
    ${(tied: Tied) =>
      html`<textarea
        ...${tied}
        class="input mono"
        rows=${rows}
        value=${value}
        spellcheck=${false}
        disabled=${disabled}
        onInput=${(event: InputEvent) => onInput((event.currentTarget as HTMLTextAreaElement).value)}
      ></textarea>`}
  <//>`;
}

/** One of a list. */
export interface Choice {
  readonly value: string;
  readonly text: string;
}

/** A field for one of a list. */
export function Select(
  props: FieldProps & {
    readonly value: string;
    readonly choices: readonly Choice[];
    readonly onChange: (value: string) => void;
    readonly disabled?: boolean;
  },
) {
  const { value, choices, onChange, disabled } = props;
  return html`<${Field} ...${props}>
    ${(tied: Tied) =>
      html`<select
        ...${tied}
        class="input"
        value=${value}
        disabled=${disabled}
        onChange=${(event: Event) => onChange((event.currentTarget as HTMLSelectElement).value)}
      >
        ${choices.map((choice) => html`<option key=${choice.value} value=${choice.value}>${choice.text}</option>`)}
      </select>`}
  <//>`;
}

/** A box to tick. */
export function Checkbox({
  label,
  checked,
  onChange,
  hideLabel = false,
  disabled,
}: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly hideLabel?: boolean;
  readonly disabled?: boolean;
}) {
  return html`<label class="checkbox">
    <input
      type="checkbox"
      checked=${checked}
      disabled=${disabled}
      onChange=${(event: Event) => onChange((event.currentTarget as HTMLInputElement).checked)}
    />
    <span class=${hideLabel ? 'out-of-sight' : ''}>${label}</span>
  </label>`;
}
