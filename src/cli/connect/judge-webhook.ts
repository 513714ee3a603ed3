// Says what an entry of the live log means for who waits for Statsig's event webhook.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { LiveEntry } from '../../operate/live/shapes.js';

/** What an entry shows: a sign that is waited for, trouble on the way to it, or neither. */
export type Judgement =
  | { readonly kind: 'handshake' }
  | { readonly kind: 'event' }
  | { readonly kind: 'trouble'; readonly text: string }
  | { readonly kind: 'nothing' };

const NOTHING: Judgement = { kind: 'nothing' };

const trouble = (text: string): Judgement => ({ kind: 'trouble', text });

/** What became of events that were let in. */
const LET_IN: ReadonlySet<LiveEntry['outcome']> = new Set(['received', 'duplicate', 'filtered', 'failed_on_ingest']);

function countAt(refusal: JsonObject, name: string): unknown {
  return isJsonObject(refusal.configured) ? refusal.configured[name] : undefined;
}

/** @param refusal details of it, as far as the process has them */
function describeRefusal({ code = '', note = '' }: LiveEntry, workspace: string, refusal: JsonObject): string {
  if (typeof refusal.unknownWorkspace === 'string')
    return `A webhook comes to the workspace ${refusal.unknownWorkspace}, which is none: enter the URL that ends with /statsig/${workspace}.`;
  if (code === 'WEBHOOK_TIMESTAMP_REFUSED')
    return `The signature is right, and its time is not (${note}): set the clock of the machine that serves.`;
  if (code !== 'WEBHOOK_SIGNATURE_INVALID') return `A webhook was refused: ${code} ${note}`.trim();
  const { sent } = refusal;
  if (Array.isArray(sent) && !sent.includes('x-statsig-signature'))
    return 'A webhook came without a signature (401): it is not of the card Generic Webhook, or a proxy takes headers away.';
  if (countAt(refusal, 'signingSecrets') === 0)
    return `A webhook came, and the process has no signing secret of ${workspace} (401): it has not read the settings yet, or reads others.`;
  return 'A webhook came that is signed with another secret (401): copy that of the card again, into the file that keeps it, or give it with --signing-secret-file. Or a proxy changes bodies on their way.';
}

/**
 * @param entry of the protocol `statsig`
 * @param detailsOf asks for what the process knows of a refusal
 */
export async function judgeWebhook(
  entry: LiveEntry,
  workspace: string,
  detailsOf: (entry: LiveEntry) => Promise<JsonObject>,
): Promise<Judgement> {
  const { outcome, type, stage, note = '' } = entry;
  if (type === 'url_check') return NOTHING;
  if (type === 'url_verification') {
    if (entry.workspace === workspace) return { kind: 'handshake' };
    return entry.workspace === undefined
      ? trouble(`Statsig asked for another URL: ${note}. Enter the one that ends with /statsig/${workspace}.`)
      : NOTHING;
  }
  if (outcome === 'refused') {
    if (entry.workspace !== undefined && entry.workspace !== workspace) return NOTHING;
    return trouble(describeRefusal(entry, workspace, await detailsOf(entry)));
  }
  return entry.workspace === workspace && stage === 'ingest' && LET_IN.has(outcome) ? { kind: 'event' } : NOTHING;
}
