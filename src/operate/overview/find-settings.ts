// What needs attention about settings, and about the process: what a document says, or leaves undone.

import { DEFAULT_DOCUMENT } from '../../settings/default-document.js';
import { NO_SETTINGS } from '../../settings/store.js';
import { findProcess } from './find-process.js';
import { findUnheard } from './find-unheard.js';
import { findUnused } from './find-unused.js';
import { counted, item, linkTo } from './item.js';
import { isInboundDryRun, isOutboundDryRun, isPaused } from './senders-of.js';
import type { AttentionItem } from './shapes.js';
import type { OverviewState } from './state.js';

/** Items of one kind: there may be thousands of documents. */
const MAX_EACH = 20;

function findFaults({ settings }: OverviewState): readonly AttentionItem[] {
  const { lastError, missing = [], warnings = [], source, faults = 0 } = settings;
  const link = linkTo('mapping');
  return [
    ...(lastError === undefined
      ? []
      : [
          item({
            kind: 'settings_faults',
            severity: 'error',
            what: `The newest settings are not in force: ${counted(faults, 'fault')}. The last good ones are.`,
            why: lastError,
            fix: `Correct ${source} where it says so; the edit is noticed by itself.`,
            link,
          }),
        ]),
    ...(missing.length === 0
      ? []
      : [
          item({
            kind: 'settings_missing',
            severity: 'warning',
            what: 'The newest settings are in force in a moment: they take something away.',
            why: `They take away: ${missing.join(', ')}.`,
            fix: 'Put it back now if that is not meant.',
            link,
          }),
        ]),
    ...warnings.map((warning) =>
      item({
        kind: 'settings_warning',
        severity: 'warning',
        which: warning,
        what: 'Something in the settings may not mean what it says.',
        why: warning,
        fix: 'Correct the line that it names, or leave it where it is meant so.',
        link,
      }),
    ),
  ];
}

function findIdle(state: OverviewState): readonly AttentionItem[] {
  if (state.documents[0] === DEFAULT_DOCUMENT)
    return [
      item({
        kind: 'no_settings',
        severity: 'info',
        what: 'There are no settings.',
        why: `${NO_SETTINGS}.`,
        fix: 'Write a settings document, ./settings/shop.yaml for one: docs/settings.md says what it holds.',
        link: linkTo('mapping'),
      }),
    ];
  return state.documents.flatMap((document) => {
    const { id: workspace, source } = document;
    const dryRun = (which: string, shown: string, setting: string) =>
      item({
        kind: 'dry_run',
        severity: 'warning',
        workspace,
        which,
        what: `Workspace ${workspace} is a dry run: ${shown} in the log and not sent.`,
        why: `Its settings document has no \`${setting}\`.`,
        fix: `Set \`${setting}\` in ${source}.`,
        link: linkTo('mapping', { workspace }),
      });
    return [
      ...(isInboundDryRun(document) ? [dryRun('inbound', 'events into Statsig are shown', 'secretKey')] : []),
      ...(isOutboundDryRun(document) ? [dryRun('outbound', 'what Statsig posts is shown', 'outbound.targets')] : []),
      ...(isPaused(document)
        ? [
            item({
              kind: 'paused',
              severity: 'warning',
              workspace,
              what: `Workspace ${workspace} is paused: what it takes waits in the outbox.`,
              why: `${source} says \`paused: true\`.`,
              fix: 'Take `paused` out, and what waits goes out by itself; it is kept for OUTBOX_MAX_AGE_MS.',
              link: linkTo('mapping', { workspace }),
            }),
          ]
        : []),
    ];
  });
}

export function findSettings(state: OverviewState): readonly AttentionItem[] {
  return [
    ...findFaults(state),
    ...findProcess(state),
    ...findIdle(state).slice(0, 2 * MAX_EACH),
    ...findUnused(state),
    ...findUnheard(state),
  ];
}
