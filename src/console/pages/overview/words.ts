// The words of the page for what the process names.

import type { Stage } from '../../../operate/overview/shapes.js';

/** The stages, as Segment's Delivery Overview names them. */
export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  received: 'Received',
  failed_on_ingest: 'Failed on ingest',
  filtered: 'Filtered',
  converted: 'Converted',
  delivered: 'Delivered',
  pending_retry: 'Pending retry',
  failed_delivery: 'Failed delivery',
};

/** What stands for a workspace without a settings document, and for those without a row of their own. */
export function workspaceWords(workspace: string): string {
  if (workspace === '') return 'No document (RudderStack)';
  return workspace === '*' ? 'Other workspaces' : workspace;
}

/** A target, as people know it. */
export function targetWords(target: string): string {
  const dryRun = /^(?:statsig-)?dry-run/.test(target) ? ' (dry run)' : '';
  const words: Readonly<Record<string, string>> = {
    statsig: 'Statsig',
    'statsig-list': 'Statsig, ID lists',
    'statsig-deletions': 'Statsig, deletions',
    'statsig-dry-run': 'Statsig',
    'statsig-dry-run-list': 'Statsig, ID lists',
    'statsig-dry-run-deletions': 'Statsig, deletions',
    'dry-run': 'Targets',
  };
  return `${words[target] ?? target}${dryRun}`;
}

/** All ID lists of a workspace are counted as one target, which no dead letter has. */
export const isLists = (target: string): boolean => /^statsig-(?:dry-run-)?list$/.test(target);

/** `reason_of_ours` as words. */
export const reasonWords = (reason: string): string => reason.replaceAll('_', ' ');
