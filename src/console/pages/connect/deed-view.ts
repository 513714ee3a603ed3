// How a deed stands: what is done, what failed and what to do about it.

import { html } from 'htm/preact';
import type { Step } from '../../../connect/step.js';
import type { ConnectDeed } from '../../../operate/connect/shapes.js';
import { Badge, Button, formatCount, Notice, Prose } from '../../components/index.js';
import { Steps } from './steps.js';
import type { UsedDeed } from './use-deed.js';
import { isOpen, STATES, VERBS } from './words.js';

const steps = (count: number) => `${formatCount(count)} ${count === 1 ? 'step' : 'steps'}`;

/** Where it is, in one sentence that is read aloud when it changes. */
function sentenceOf({ verb, state, reports }: ConnectDeed, plan: readonly Step[]): string {
  if (state === 'running' && (verb === 'apply' || verb === 'undo'))
    return `${formatCount(reports.length)} of ${steps(Math.max(plan.length, reports.length))} so far.`;
  if (state === 'running') return 'Asking the other side …';
  if (state === 'consent') return 'Waiting for somebody to allow it.';
  const toDo = plan.filter((step) => step.state === 'to-do').length;
  if (verb === 'look') return '';
  if (verb === 'plan' || verb === 'planUndo')
    return plan.length === 0 ? 'There is nothing to do.' : `${steps(plan.length)}, ${formatCount(toDo)} to do.`;
  const byHand = reports.filter(({ result }) => result === 'by-hand').length;
  const left = byHand === 0 ? '' : ` ${steps(byHand)} to do by hand.`;
  return `${steps(reports.length - byHand)} done.${left}`;
}

/** @param canStop whether the reader may end it */
export function DeedView({ used, canStop }: { readonly used: UsedDeed; readonly canStop: boolean }) {
  const { deed, plans, problem } = used;
  const isUndo = deed?.verb === 'undo' || deed?.verb === 'planUndo';
  const plan = (deed?.steps ?? (isUndo ? plans.undo : plans.apply)) || [];
  const { text, tone } = STATES[deed?.state ?? 'done'];
  return html`${problem !== undefined && html`<${Notice} kind="bad">${problem}<//>`}
    ${
      deed !== undefined &&
      html`<section class="stack connect-stack" aria-label=${VERBS[deed.verb]}>
        <div class="bar">
          <h2>${VERBS[deed.verb]}</h2>
          <${Badge} tone=${tone}>${text}<//>
          <span class="muted" role="status">${sentenceOf(deed, plan)}</span>
          ${canStop && isOpen(deed) && html`<${Button} icon="close" onClick=${used.stop}>Stop<//>`}
        </div>
        ${
          deed.problem !== undefined &&
          html`<div role="alert">
            <${Notice} kind=${deed.state === 'stopped' ? 'warn' : 'bad'} title="It is not finished."><${Prose} text=${deed.problem.message} /><//>
          </div>`
        }
        ${
          (plan.length > 0 || deed.reports.length > 0) &&
          html`<${Steps} label="Steps" plan=${plan} reports=${deed.reports} isRunning=${deed.state === 'running'} />`
        }
      </section>`
    }`;
}
