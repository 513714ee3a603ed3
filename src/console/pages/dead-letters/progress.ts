// What has become of what was put back.

import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import type { RedeliveryReport } from '../../../operate/dead-letters/shapes.js';
import { withQuery } from '../../api.js';
import { formatCount, Notice, Time } from '../../components/index.js';
import { useLoad } from '../../load.js';

const LOOK_MS = 1_000;

const events = (count: number) => `${formatCount(count)} ${count === 1 ? 'event' : 'events'}`;

function sentenceOf({ delivered, waiting, gone, notFollowed, failedAgain }: RedeliveryReport): string {
  const failed = failedAgain.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    `${events(delivered)} delivered`,
    ...(waiting > 0 ? [`${formatCount(waiting)} waiting`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} given up again`] : []),
    ...(gone > 0 ? [`${formatCount(gone)} taken out meanwhile`] : []),
    ...(notFollowed > 0
      ? [`${formatCount(notFollowed)} not followed: too many at once, or another replica has them`]
      : []),
  ];
  return `${parts.join(', ')}.`;
}

/** @param onSettled told when nothing of it waits any more */
export function Progress({
  id,
  onSettled,
  onDismiss,
}: {
  readonly id: string;
  readonly onSettled: () => void;
  readonly onDismiss: () => void;
}) {
  const { data, error } = useLoad<RedeliveryReport>(withQuery('/api/dead-letters/redelivery', { id }), LOOK_MS);
  const isSettled = data !== undefined && data.waiting === 0;
  useEffect(() => {
    if (isSettled) onSettled();
  }, [isSettled]);
  if (data === undefined)
    return error === undefined ? null : html`<${Notice} kind="warn" onDismiss=${onDismiss}>${error.message}<//>`;
  const [failed] = data.failedAgain;
  const [lane] = data.lanes;
  const kind = failed !== undefined ? 'bad' : data.waiting > 0 ? 'info' : 'good';
  return html`<div role="status">
    <${Notice} kind=${kind} title=${`Redelivery of ${events(data.redelivered)}`} onDismiss=${onDismiss}>
      ${sentenceOf(data)}
      ${failed !== undefined && html` <span class="mono">${failed.target}: ${failed.answer}</span>`}
      ${
        lane !== undefined &&
        html` ${lane.target} waits: ${lane.problem ?? `its circuit is ${lane.circuit}`}${
          lane.pausedUntil !== undefined && html`, next try <${Time} at=${lane.pausedUntil} as="ago" />`
        }.`
      }
    <//>
  </div>`;
}
