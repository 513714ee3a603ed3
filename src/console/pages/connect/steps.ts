// The steps of a plan, and what came of each.

import { html } from 'htm/preact';
import type { Step, StepReport } from '../../../connect/step.js';
import { Badge, DiffView, JsonView, Prose } from '../../components/index.js';
import type { Tone } from '../../components/tone.js';
import { HandSteps } from './hand-steps.js';

/** How a step stands, for the reader. */
interface Standing {
  readonly text: string;
  readonly tone: Tone;
}

const RESULTS: Readonly<Record<StepReport['result'], Standing>> = {
  done: { text: 'Done', tone: 'good' },
  there: { text: 'There already', tone: 'plain' },
  'by-hand': { text: 'By hand', tone: 'warn' },
  failed: { text: 'Failed', tone: 'bad' },
};

const UNDER_WAY: Standing = { text: 'Under way', tone: 'accent' };

function planned({ state, kind }: Step): Standing {
  if (state === 'there') return RESULTS.there;
  return kind === 'by-hand' ? RESULTS['by-hand'] : { text: 'To do', tone: 'accent' };
}

/** Everything that a step would do; nothing is shortened. */
function Details({ step }: { readonly step: Step }) {
  const { call, change } = step;
  if (call === undefined && change === undefined) return null;
  return html`<details class="connect-details">
    <summary>${call === undefined ? 'What is written' : 'The request'}</summary>
    ${call !== undefined && html`<p class="mono connect-call">${call.method} ${call.url}</p>`}
    ${call?.body !== undefined && html`<${JsonView} label="Body" value=${call.body} />`}
    ${change !== undefined && html`<${DiffView} label=${`What is written: ${step.title}`} diff=${change} />`}
  </details>`;
}

function Row({
  step,
  standing,
  problem,
}: {
  readonly step: Step;
  readonly standing: Standing;
  readonly problem?: string | undefined;
}) {
  return html`<li class="connect-step">
    <div class="connect-step-head">
      <${Badge} tone=${standing.tone}>${standing.text}<//>
      <span class="connect-title" dir="auto">${step.title}</span>
    </div>
    ${step.note !== undefined && html`<p class="muted connect-note"><${Prose} text=${step.note} /></p>`}
    ${problem !== undefined && html`<p class=${standing.tone === 'bad' ? 'connect-problem bad' : 'connect-problem'}><${Prose} text=${problem} /></p>`}
    ${step.byHand !== undefined && step.state !== 'there' && html`<${HandSteps} steps=${step.byHand} />`}
    <${Details} step=${step} />
  </li>`;
}

/**
 * @param plan what is planned, where it is known
 * @param reports what came of steps so far; a step that is not planned is shown when it is reported
 * @param isRunning whether the first without a report is under way
 */
export function Steps({
  label,
  plan = [],
  reports,
  isRunning,
}: {
  readonly label: string;
  readonly plan?: readonly Step[] | undefined;
  readonly reports: readonly StepReport[];
  readonly isRunning: boolean;
}) {
  const byId = new Map(reports.map((report) => [report.step.id, report]));
  const known = new Set(plan.map(({ id }) => id));
  const steps = [...plan, ...reports.map(({ step }) => step).filter(({ id }) => !known.has(id))];
  const next = isRunning ? steps.find(({ id }) => !byId.has(id))?.id : undefined;
  const standingOf = (step: Step): Standing => {
    const report = byId.get(step.id);
    if (report !== undefined) return RESULTS[report.result];
    return step.id === next ? UNDER_WAY : planned(step);
  };
  return html`<ol class="connect-steps" aria-label=${label}>
    ${steps.map(
      (step) =>
        html`<${Row} key=${step.id} step=${byId.get(step.id)?.step ?? step} standing=${standingOf(step)} problem=${byId.get(step.id)?.problem} />`,
    )}
  </ol>`;
}
