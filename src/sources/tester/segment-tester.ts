// Tries bodies of Segment's webhooks and partner subscriptions.

import { decideInbound, type SegmentSender } from '../../ingest/inbound-line.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { describeInvalid } from '../result-words.js';
import { unpackBody } from '../segment/unpack.js';
import type { Tester, TesterDeps } from './source-tester.js';
import { tried } from './tried.js';

/** How a sender of this workspace proves every event of a body; `undefined` where none can. */
function wholeProofOf({ id, segment, secretKey }: WorkspaceDocument, store: WorkspaceStore): string | undefined {
  if (store.isOpen) return undefined;
  if (segment.headerSecrets.length > 0) return 'one of segment.headerSecrets, which proves every event of a body';
  if (segment.apiKeys.length > 0) return 'one of segment.apiKeys';
  if (segment.sharedSecrets.length > 0)
    return "X-Signature over the whole body: behind the signature of a batch's first event it is refused (PROOF_INSUFFICIENT)";
  const isApiKey = store.findByApiKey(secretKey?.reveal() ?? '').some((document) => document.id === id);
  return isApiKey ? "the secretKey, as the API key of Segment's Statsig destination" : undefined;
}

/** Tries events as the Segment route would take them. Nothing is sent. */
export function createSegmentTester({ store, compiler, chosen, show, now, note }: TesterDeps): Tester {
  const document = chosen();
  const workspace = compiler.compile(document);
  const proof = wholeProofOf(document, store);
  const sender: SegmentSender = { source: 'segment', coversAll: proof !== undefined };
  if (proof === undefined && !store.isOpen)
    note(
      `No sender of Segment's can prove itself to the workspace ${document.id}: its settings name none under segment.`,
    );
  return {
    *tryBody(body) {
      const receivedAt = now();
      for (const event of unpackBody(body).events)
        yield tried({
          workspaceId: document.id,
          decide: (trace) => decideInbound(event, workspace, sender, receivedAt, trace),
          word: (invalid) => describeInvalid(invalid, 'BODY_NOT_SEGMENT_EVENTS'),
          show,
          needs: proof,
        });
    },
  };
}
