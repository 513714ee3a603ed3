// Views of one thing beside each other. Arrow keys go from one to the next.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { formatShort } from './format.js';

/** A tab. */
export interface Tab {
  readonly id: string;
  readonly title: string;
  /** How many there are in it. */
  readonly count?: number;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

/** @param label what they are views of @param children the chosen view */
export function Tabs({
  label,
  tabs,
  selected,
  onSelect,
  children,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  readonly children?: ComponentChildren;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const now = tabs.findIndex((tab) => tab.id === selected);
    const step = STEPS[event.key];
    const to =
      step === undefined ? { Home: 0, End: tabs.length - 1 }[event.key] : (now + step + tabs.length) % tabs.length;
    const tab = to === undefined ? undefined : tabs[to];
    if (tab === undefined || to === undefined) return;
    event.preventDefault();
    onSelect(tab.id);
    (list.current?.children[to] as HTMLElement | undefined)?.focus();
  };
  return html`<div class="tabs">
    <div class="tab-list" role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>
      ${tabs.map(
        (tab) =>
          html`<button
            key=${tab.id}
            type="button"
            role="tab"
            class="tab"
            id=${`${id}-${tab.id}`}
            aria-selected=${String(tab.id === selected)}
            aria-controls=${`${id}-panel`}
            tabindex=${tab.id === selected ? 0 : -1}
            onClick=${() => onSelect(tab.id)}
          >
            ${tab.title}${tab.count !== undefined && html` <span class="tab-count">${formatShort(tab.count)}</span>`}
          </button>`,
      )}
    </div>
    <div class="tab-panel" role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${selected}`}>${children}</div>
  </div>`;
}
