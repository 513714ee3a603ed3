// What all ways have in common: fields, a plan, connecting by it, what arrives then, and taking it back.

import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/index.js';
import { useCanWrite } from '../../session.js';
import { Arrival } from './arrival.js';
import { DeedView } from './deed-view.js';
import type { UsedDeed } from './use-deed.js';
import { READ_ONLY } from './words.js';

/** What a way gives to it. */
export interface FlowProps {
  readonly used: UsedDeed;
  /** What is sent, but for secrets: once it changes, the plan is another one. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** Sent with it, and kept nowhere but in the fields. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What has to be filled in first. */
  readonly missing: string | false;
  /** The same for the undo. Default: the same. */
  readonly missingToUndo?: string | false;
  /** Fields. */
  readonly children: ComponentChildren;
  /** Buttons before the others. */
  readonly before?: ComponentChildren;
}

const withoutEmpty = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== undefined));

/** @param asked with `workspace` */
export function Flow({ used, asked, secrets, missing, missingToUndo = missing, children, before }: FlowProps) {
  const { deed, plans, isBusy } = used;
  const canWrite = useCanWrite();
  const [plannedFor, setPlannedFor] = useState('');
  const now = JSON.stringify(asked);
  const begin = (verb: string) => used.begin({ verb, ...withoutEmpty(asked), ...secrets });
  const isPlanned = deed?.verb === 'plan' && deed.state === 'done' && plannedFor === now;
  const hasToDo = plans.apply?.some(({ state }) => state === 'to-do') === true;
  const isUndoPlanned = deed?.verb === 'planUndo' && deed.state === 'done' && (plans.undo ?? []).length > 0;
  const isConnected = deed?.verb === 'apply' && deed.state === 'done';
  const toUndo = missingToUndo || (!canWrite && READ_ONLY);
  const because = missing || (!canWrite && READ_ONLY);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (because) return;
    setPlannedFor(now);
    begin('plan');
  };
  return html`<form class="stack connect-stack" autocomplete="off" onSubmit=${onSubmit}>
      <div class="connect-fields">${children}</div>
      <div class="bar">
        ${before}
        <${Button} type="submit" kind=${isPlanned ? 'plain' : 'primary'} busy=${isBusy} disabledBecause=${because}>Show the plan<//>
        ${
          isPlanned &&
          hasToDo &&
          html`<${Button} kind="primary" icon="check" onClick=${() => begin('apply')} disabledBecause=${because}>Connect<//>`
        }
        <${Button} busy=${isBusy} disabledBecause=${toUndo} onClick=${() => begin('planUndo')}>Undo …<//>
        ${
          isUndoPlanned &&
          html`<${Button} kind="danger" icon="close" disabledBecause=${toUndo} onClick=${() => begin('undo')}>Take it away<//>`
        }
        ${missing && canWrite && html`<span class="muted">${missing}</span>`}
      </div>
    </form>
    <${DeedView} used=${used} canStop=${canWrite} />
    ${isConnected && html`<${Arrival} workspace=${deed.workspace} since=${deed.beganAt} />`}`;
}
