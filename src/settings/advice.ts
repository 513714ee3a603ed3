// What settings that are right may still lack.

import { describeNote } from '../model/note-sentences.js';
import { ANONYMOUS_ROW } from '../model/notes.js';
import type { DocumentFault } from './settings-error.js';
import type { WorkspaceDocument } from './workspace-document.js';

/** False for a document that only sends out of Statsig. */
function takesEvents({ secretKey, trackingApi, settings: { rudderstack } }: WorkspaceDocument): boolean {
  return secretKey !== undefined || trackingApi.writeKeys.length > 0 || rudderstack !== undefined;
}

/** What `statsig-cdp check` recommends: to map the anonymous id of events, so that Statsig can count people who are not logged in. No fault and no warning. */
export function adviseOn(document: WorkspaceDocument): readonly DocumentFault[] {
  const { mode, identifierMappings = [] } = document.settings;
  const isMapped = identifierMappings.some(({ from }) => from === ANONYMOUS_ROW.from);
  if (mode === 'webhook' || isMapped || !takesEvents(document)) return [];
  const { source } = document;
  return [{ source, path: 'identifierMappings', message: describeNote('anonymous_not_mapped') }];
}
