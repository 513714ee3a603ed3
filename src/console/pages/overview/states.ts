// How settings, outbox, upstream and limits stand.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { OverviewAnswer, RateBudgetOverview } from '../../../operate/overview/shapes.js';
import { Badge, Count, formatBytes, formatDuration, Time } from '../../components/index.js';

function Facts({
  title,
  facts,
}: {
  readonly title: string;
  readonly facts: readonly (readonly [string, ComponentChildren] | undefined)[];
}) {
  const given = facts.filter((fact) => fact !== undefined);
  return html`<section class="card">
    <h2>${title}</h2>
    <dl class="facts">${given.map(([name, value]) => html`<dt key=${`${name} name`}>${name}</dt><dd key=${name}>${value}</dd>`)}</dl>
  </section>`;
}

const badge = (tone: 'good' | 'warn' | 'bad' | 'plain', word: string) => html`<${Badge} tone=${tone}>${word}<//>`;

function Settings({ settings, dryRun, paused }: OverviewAnswer) {
  const { source, documents, generation, faults, lastError, warnings, missing } = settings;
  return html`<${Facts}
    title="Settings"
    facts=${[
      ['State', faults > 0 ? badge('bad', `${faults} faults`) : badge('good', 'in force')],
      lastError !== undefined && ['Fault', lastError],
      ['From', html`<span class="mono">${source}</span>`],
      ['Documents', html`<${Count} value=${documents} />, generation ${generation}`],
      warnings.length > 0 && ['Warnings', html`<ul>${warnings.map((each) => html`<li key=${each}>${each}</li>`)}</ul>`],
      missing.length > 0 && ['Taken away soon', missing.join(', ')],
      dryRun.length > 0 && ['Dry run', dryRun.join(', ')],
      paused.length > 0 && ['Paused', paused.join(', ')],
    ].map((fact) => (fact === false ? undefined : fact))}
  />`;
}

function Outbox({ outbox }: OverviewAnswer) {
  const { state, ok, problem, bytes, maxBytes, waiting, deadLetters, diskBytes, deadLetterBytes } = outbox;
  const stands = problem === undefined ? 'good' : ok ? 'warn' : 'bad';
  const word = state === 'open' ? (ok ? 'takes events' : 'takes nothing') : state;
  return html`<${Facts}
    title="Outbox"
    facts=${[
      ['State', badge(state === 'open' ? stands : 'plain', word)],
      problem !== undefined ? ['Problem', problem] : undefined,
      ['Waiting', html`<${Count} value=${waiting} unit="events" />, ${formatBytes(bytes)} of ${formatBytes(maxBytes)}`],
      [
        'Dead letters',
        html`<${Count} value=${deadLetters} />${deadLetterBytes !== undefined ? `, ${formatBytes(deadLetterBytes)}` : ''}`,
      ],
      diskBytes !== undefined ? ['On disk', formatBytes(diskBytes)] : undefined,
    ]}
  />`;
}

const UPSTREAM = { up: 'good', down: 'bad', starting: 'warn' } as const;

function Process({ version, startedAt, ready, senders, upstream, hosts }: OverviewAnswer) {
  return html`<${Facts}
    title="Process"
    facts=${[
      ['State', ready ? badge('good', 'ready') : badge('bad', 'not ready')],
      ['Version', html`${version}, started <${Time} at=${startedAt} as="ago" />`],
      ['Senders outside', html`<span title=${senders.reason ?? ''}>${senders.servedOn}</span>`],
      ['Stock transformer', upstream === undefined ? 'none' : badge(UPSTREAM[upstream.state], upstream.state)],
      ...hosts.map(({ host, circuit, nextTryAt }) => [
        host,
        html`${badge('bad', circuit)}${nextTryAt !== undefined && html` next try <${Time} at=${nextTryAt} as="ago" />`}`,
      ]),
    ]}
  />`;
}

function budgetOf({ limits, readyAt }: RateBudgetOverview) {
  const left = limits.map(
    ({ left: calls, calls: all, windowMs }) => `${calls} of ${all} in ${formatDuration(windowMs)}`,
  );
  return html`${left.join(', ')}${readyAt !== undefined && html`, next call <${Time} at=${readyAt} as="ago" />`}`;
}

/** The cards. */
export function States({ overview }: { readonly overview: OverviewAnswer }) {
  const { rateBudgets } = overview;
  return html`<div class="columns">
    <${Process} ...${overview} />
    <${Settings} ...${overview} />
    <${Outbox} ...${overview} />
    ${
      rateBudgets.length > 0 &&
      html`<${Facts}
        title="Calls left of console keys"
        facts=${rateBudgets.map((budget) => [budget.workspaces.join(', '), budgetOf(budget)] as const)}
      />`
    }
  </div>`;
}
