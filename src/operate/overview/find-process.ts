// What needs attention about the process and its machine.

import { item, linkTo } from './item.js';
import type { AttentionItem } from './shapes.js';
import type { OverviewState } from './state.js';

export function findProcess({ upstream, senders, clockJump, historyProblem }: OverviewState): readonly AttentionItem[] {
  const link = linkTo('overview');
  return [
    ...(upstream !== 'down'
      ? []
      : [
          item({
            kind: 'upstream_down',
            severity: 'error',
            what: 'The upstream transformer does not answer what is passed on to it.',
            why: 'rudder-server keeps the events of every other destination until it does.',
            fix: 'Start it, or correct UPSTREAM_TRANSFORMER_URL.',
            link,
          }),
        ]),
    ...(senders.servedOn === 'off' && senders.isWanted
      ? [
          item({
            kind: 'senders_off',
            severity: 'error',
            what: 'The routes for senders outside are off: they are answered 503.',
            why: senders.reason ?? '',
            fix: 'Set PUBLIC_PORT, or SINGLE_PORT=true behind a proxy that restricts paths, and restart.',
            link,
          }),
        ]
      : []),
    ...(clockJump === undefined
      ? []
      : [
          item({
            kind: 'clock',
            severity: 'warning',
            what: `The clock of this machine was set ${clockJump.byMs > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(clockJump.byMs) / 1000)} s.`,
            why: 'Signed times of senders, the dates of events and this history go by it.',
            fix: 'Let a time service (chrony, systemd-timesyncd) keep it, and look at what was dated meanwhile.',
            link,
            lastAt: clockJump.at,
          }),
        ]),
    ...(historyProblem === undefined
      ? []
      : [
          item({
            kind: 'history',
            severity: 'info',
            what: 'The history of this page is not whole.',
            why: `The file ${historyProblem}.`,
            fix: 'Nothing else depends on it: look at the disk, and let the process write beside the outbox.',
            link,
          }),
        ]),
  ];
}
