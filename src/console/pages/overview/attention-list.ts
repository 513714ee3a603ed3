// What needs attention, the worst first, each with its cause and its fix.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { AttentionItem, Severity } from '../../../operate/overview/shapes.js';
import { Badge, Button, Time } from '../../components/index.js';
import { Prose } from '../../components/prose.js';
import { PAGES } from '../../pages.js';

const TONES = { error: 'bad', warning: 'warn', info: 'plain' } as const;
const WORDS: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', info: 'Note' };

/** Items that are shown before somebody asks for more. */
const SHOWN = 6;

/** `#/dead-letters?…` as the title of its page. */
function pageTitle(link: string): string {
  const id = /^#\/([\w-]+)/.exec(link)?.[1];
  return PAGES.find((page) => page.id === id)?.title ?? 'Look';
}

function Item({ item }: { readonly item: AttentionItem }) {
  const { severity, what, why, fix, link, lastAt } = item;
  const isElsewhere = !link.startsWith('#/overview');
  return html`<li class=${`overview-item overview-item-${severity}`}>
    <div class="overview-item-head">
      <${Badge} tone=${TONES[severity]}>${WORDS[severity]}<//>
      <strong><${Prose} text=${what} /></strong>
      ${lastAt !== undefined && html`<span class="muted"><${Time} at=${lastAt} as="ago" /></span>`}
    </div>
    <p class="muted"><${Prose} text=${why} /></p>
    <p><span class="overview-fix">Fix</span> <${Prose} text=${fix} /></p>
    ${isElsewhere && html`<p><a href=${link}>${pageTitle(link)}<span class="out-of-sight">: ${what}</span></a></p>`}
  </li>`;
}

const summary = (items: readonly AttentionItem[]): string => {
  const parts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = items.filter((item) => item.severity === severity).length;
    const word = WORDS[severity].toLowerCase();
    return count === 0 ? [] : [`${count} ${count === 1 ? word : `${word}s`}`];
  });
  return parts.length === 0 ? 'All is well' : parts.join(', ');
};

/** The list. */
export function AttentionList({ items }: { readonly items: readonly AttentionItem[] }) {
  const [isWhole, setWhole] = useState(false);
  // Notes stay folded away while something else has to be done.
  const urgent = items.filter(({ severity }) => severity !== 'info');
  const first = (urgent.length > 0 ? urgent : items).slice(0, SHOWN);
  const shown = isWhole ? items : first;
  const more = items.length - first.length;
  return html`<section class="card" aria-labelledby="overview-attention">
    <h2 id="overview-attention">Needs attention <span class="muted overview-sum" role="status">${summary(items)}</span></h2>
    ${items.length === 0 && html`<p class="muted">Nothing. What does is told here, with what to do about it.</p>`}
    <ul class="overview-items">
      ${shown.map((item) => html`<${Item} key=${item.id} item=${item} />`)}
    </ul>
    ${
      more > 0 &&
      html`<${Button} kind="quiet" onClick=${() => setWhole(!isWhole)}>${isWhole ? 'Show less' : `Show ${more} more`}<//>`
    }
  </section>`;
}
