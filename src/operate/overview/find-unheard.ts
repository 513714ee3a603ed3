// Finds settings documents that have matched nothing since the start.

import { UNAVAILABLE } from '../../base/errors.js';
import { DEFAULT_DOCUMENT } from '../../settings/default-document.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { item, linkTo } from './item.js';
import { protocolsOf, type SenderProtocol } from './senders-of.js';
import type { AttentionItem } from './shapes.js';
import type { OverviewState } from './state.js';
import { tallyOf } from './tallies.js';

/** Items that are told: there may be thousands of documents. */
const MAX_TOLD = 20;

const IN_WORDS: Readonly<Record<SenderProtocol, string>> = {
  segment: "Segment's webhooks",
  trackingApi: "Segment's SDKs",
  rudderstack: 'rudder-server',
  statsig: "Statsig's webhook",
};

/** The protocols of which others than this document's senders were heard since the start. */
function heardElsewhere(state: OverviewState, protocol: SenderProtocol): boolean {
  if (protocol === 'rudderstack' && tallyOf(state.tallies, '', 'inbound').received > 0) return true;
  return state.refusedSenders.some(({ route, code }) => protocolOfRoute(route) === protocol && !(code in UNAVAILABLE));
}

/** Whether a request that may have been for this document came and could not be served, with a full outbox for one: what was in it is not known, and its sender keeps it. */
function wasTurnedAway(state: OverviewState, id: string, protocols: readonly SenderProtocol[]): boolean {
  return state.refusedSenders.some(({ route, code, workspace }) => {
    const protocol = protocolOfRoute(route);
    const isItsOwn = workspace === '' || workspace === id;
    return code in UNAVAILABLE && isItsOwn && protocol !== undefined && protocols.includes(protocol);
  });
}

function protocolOfRoute(route: string): SenderProtocol | undefined {
  if (route.startsWith('/segment')) return 'segment';
  if (route.startsWith('/statsig')) return 'statsig';
  return /^\/v1\/(?!destinations|sources)/.test(route) ? 'trackingApi' : undefined;
}

/** With evidence that its senders come and are not known it is a warning, else it is good to know. */
export function findUnheard(state: OverviewState): readonly AttentionItem[] {
  // That there are no settings is told already.
  if (state.documents[0] === DEFAULT_DOCUMENT) return [];
  const items = state.documents.flatMap((document) => {
    const { id: workspace } = document;
    const protocols = protocolsOf(document);
    const unheard = [
      { direction: 'inbound', of: protocols.filter((each) => each !== 'statsig') },
      { direction: 'outbound', of: protocols.filter((each) => each === 'statsig') },
    ].filter(({ direction, of }) => of.length > 0 && tallyOf(state.tallies, workspace, direction).received === 0);
    const silent = unheard.filter(({ of }) => !wasTurnedAway(state, workspace, of));
    return silent.map(({ direction, of }) => unheardItem(state, document, direction, of));
  });
  return [...items].sort((a, b) => Number(a.severity === 'info') - Number(b.severity === 'info')).slice(0, MAX_TOLD);
}

function unheardItem(
  state: OverviewState,
  { id: workspace, source }: WorkspaceDocument,
  direction: string,
  protocols: readonly SenderProtocol[],
): AttentionItem {
  const elsewhere = protocols.filter((protocol) => heardElsewhere(state, protocol));
  const isSuspect = elsewhere.length > 0;
  const names = protocols.map((protocol) => IN_WORDS[protocol]).join(', ');
  return item({
    kind: 'nothing_received',
    severity: isSuspect ? 'warning' : 'info',
    workspace,
    which: direction,
    what: `The settings document of workspace ${workspace} has matched no ${direction} event since the start.`,
    why: isSuspect
      ? `Events of ${elsewhere.map((protocol) => IN_WORDS[protocol]).join(', ')} came that no document names.`
      : `Nothing has come from ${names} since ${new Date(state.startedAt).toISOString()}.`,
    fix: isSuspect
      ? `Compare the ids and keys that ${source} names with those of the sender: the refused senders and the live log show what came.`
      : `Send one event, or look whether ${names} knows this address; the log of the sender says what it was answered.`,
    link: linkTo('live', { workspace }),
  });
}
