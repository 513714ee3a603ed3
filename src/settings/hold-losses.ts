// Keeps the last settings in force for a moment when an edit takes something away: it may only be half of an edit.
//
// A file that is written in two halves, a directory that is mounted anew, a config service that has just started: each may look, for a moment, like settings
// without a key, without senders, without workspaces. Senders would be refused meanwhile and drop their events.

import type { Secret } from '../base/secret.js';
import { DEFAULT_DOCUMENT } from './default-document.js';
import { SettingsError } from './settings-error.js';
import type { SetHints, SettingsLog, SettingsSink } from './sources/source.js';
import type { WorkspaceDocument } from './workspace-document.js';

/** How long something has to be away. */
export const SETTLE_MS = 5_000;

/** How losses are held. */
export interface HoldOptions {
  /** For people. */
  readonly source: string;
  /** Milliseconds; 0: what is taken away is away at once. */
  readonly settleMs: number;
  readonly log: SettingsLog;
}

/** A sink that holds losses. */
export interface HoldingSink extends SettingsSink {
  /** What is away and still in force, for people: `shop: secretKey`. */
  readonly missing: readonly string[];
  close(): void;
}

/** How many of each kind a document has. */
function countsOf({ segment, trackingApi, outbound, rudderstackSources, settings }: WorkspaceDocument) {
  return {
    'segment.sharedSecrets': segment.sharedSecrets.length,
    'segment.headerSecrets': segment.headerSecrets.length,
    'segment.apiKeys': segment.apiKeys.length,
    'trackingApi.writeKeys': trackingApi.writeKeys.length,
    'outbound.signingSecrets': outbound.signingSecrets.length,
    'outbound.targets': outbound.targets.length,
    'rudderstack.destinationIds': settings.rudderstack?.destinationIds?.length ?? 0,
    'rudderstack.workspaceIds': settings.rudderstack?.workspaceIds?.length ?? 0,
    'rudderstack.sourceIds': rudderstackSources.ids.length,
    'rudderstack.sourceWriteKeys': rudderstackSources.writeKeys.length,
  };
}

/** A key that is gone, or of which only the beginning is left. */
function isLess(before: Secret | undefined, after: Secret | undefined): boolean {
  if (before === undefined) return false;
  if (after === undefined) return true;
  return after.reveal() !== before.reveal() && before.reveal().startsWith(after.reveal());
}

function lossesOfDocument(before: WorkspaceDocument, after: WorkspaceDocument | undefined): readonly string[] {
  if (after === before) return [];
  if (after === undefined) return [before.id];
  const counts = Object.entries(countsOf(after));
  const had: Readonly<Record<string, number>> = countsOf(before);
  const lost = [
    ...(['secretKey', 'consoleKey'] as const).filter((key) => isLess(before[key], after[key])),
    ...counts.filter(([name, count]) => count < (had[name] ?? 0)).map(([name]) => name),
  ];
  return lost.map((name) => `${before.id}: ${name}`);
}

function lossesOf(before: readonly WorkspaceDocument[], after: readonly WorkspaceDocument[]): readonly string[] {
  const byId = new Map(after.map((document) => [document.id, document]));
  return before.flatMap((document) =>
    document === DEFAULT_DOCUMENT ? [] : lossesOfDocument(document, byId.get(document.id)),
  );
}

/** Settings that name no workspace at all, where they named some, are a fault: no one takes all of them away one day and goes on. */
export function holdLosses(inner: Pick<SettingsSink, 'accept' | 'reject'>, options: HoldOptions): HoldingSink {
  const { source, settleMs, log } = options;
  let inForce: readonly WorkspaceDocument[] = [];
  let held:
    | { documents: readonly WorkspaceDocument[]; hints: SetHints; losses: readonly string[]; timer: NodeJS.Timeout }
    | undefined;

  function drop(): void {
    clearTimeout(held?.timer);
    held = undefined;
  }

  function take(documents: readonly WorkspaceDocument[], hints: SetHints): void {
    drop();
    inForce = documents;
    inner.accept(documents, hints);
  }

  function settled(): void {
    if (held === undefined) return;
    log.warn(
      { source, missing: held.losses },
      'The settings have lost something, which stays away: they are in force now',
    );
    take(held.documents, held.hints);
  }

  return {
    accept(documents, hints = {}) {
      const { isCut = false } = hints;
      if (documents.length === 0 && inForce.length > 0) {
        drop();
        inner.reject(SettingsError.ofSource(source, 'names no workspace any more'));
        return;
      }
      const losses = [...lossesOf(inForce, documents), ...(isCut ? ['the end of a file'] : [])];
      if (losses.length === 0 || settleMs === 0 || inForce.length === 0) {
        take(documents, hints);
        return;
      }
      if (held !== undefined) {
        held.documents = documents;
        held.hints = hints;
        held.losses = losses;
        return;
      }
      held = { documents, hints, losses, timer: setTimeout(settled, settleMs).unref() };
      log.warn(
        { source, missing: losses },
        `The settings have lost something: the last ones stay in force for ${settleMs} ms`,
      );
    },
    reject(error) {
      drop();
      inner.reject(error);
    },
    get missing() {
      return held?.losses ?? [];
    },
    close: drop,
  };
}
