// Decides whether the routes for senders outside are served, and on which port.
//
// The transformer protocol answers with the keys of the settings documents, because rudder-server makes the requests to Statsig itself. So the port
// that serves it and the port that the internet reaches are two, unless there is nothing to read or the operator says otherwise.

import { PluginError } from '../base/errors.js';
import type { WorkspaceDocument } from '../settings/document.js';
import { type ProcessSettings, ProcessSettingsError } from '../settings/process.js';
import type { SettingsLog } from '../settings/sources/source.js';
import type { WorkspaceStore } from '../settings/store.js';

/** Where the routes are served: on a port of their own, on PORT beside all others, or nowhere. */
export type PublicRoutesPlace = 'PUBLIC_PORT' | 'PORT' | 'off';

/** The routes for senders outside, as PORT sees them. */
export interface PublicRoutes {
  /** Lets a request for one of them pass. @throws PluginError PUBLIC_ROUTES_OFF where PORT does not serve them now */
  assertOnPort(): void;
  /** False where no settings document names a sender outside. */
  readonly isWanted: boolean;
  /** Why these documents would end the routes; `undefined` where they would not. */
  conflictWith(documents: WorkspaceStore['documents']): string | undefined;
  /** For /readyz. */
  status(): { readonly servedOn: PublicRoutesPlace; readonly reason?: string };
}

/** What the decision depends on. */
export interface PublicRoutesDeps {
  readonly settings: Pick<ProcessSettings, 'publicPort' | 'singlePort'>;
  readonly store: Pick<WorkspaceStore, 'documents' | 'generation' | 'onChange'>;
  readonly log: SettingsLog;
  /** What to do where one port is asked to serve both. Default: what the process has for it. */
  readonly waysOut?: string;
}

interface Judged {
  readonly servedOn: PublicRoutesPlace;
  readonly reason?: string;
  /** True where the documents want what one port cannot give. */
  readonly isConflict?: true;
}

/** The parts of a document that senders outside are let in by. */
function senderParts({ segment, trackingApi, outbound }: WorkspaceDocument): readonly string[] {
  const parts = [
    ['segment', [...segment.sharedSecrets, ...segment.headerSecrets, ...segment.apiKeys]],
    ['trackingApi', trackingApi.writeKeys],
    ['outbound', [...outbound.signingSecrets, ...outbound.targets]],
  ] as const;
  return parts.flatMap(([name, entries]) => (entries.length > 0 ? [name] : []));
}

const TWO_WAYS =
  'Set PUBLIC_PORT to give senders outside a port of their own, or SINGLE_PORT=true where a proxy lets them reach their own paths only.';

/** @param documents in force; none of them is secret in the reason */
function judge(
  { publicPort, singlePort }: PublicRoutesDeps['settings'],
  documents: WorkspaceStore['documents'],
  waysOut: string,
): Judged {
  if (publicPort !== undefined) return { servedOn: 'PUBLIC_PORT' };
  const keeper = documents.find(({ holdsSecret }) => holdsSecret);
  if (keeper === undefined) return { servedOn: 'PORT' };
  const danger = `Anyone who reaches PORT can read the secrets of the settings documents (workspace ${keeper.id})`;
  if (singlePort) return { servedOn: 'PORT', reason: `SINGLE_PORT=true. ${danger}.` };
  const asker = documents.find((document) => senderParts(document).length > 0);
  if (asker === undefined) return { servedOn: 'off', reason: 'No settings document names senders outside.' };
  const parts = senderParts(asker).map((part) => `\`${part}\``);
  const reason = `${danger}, and senders outside need it (${parts.join(', ')} of workspace ${asker.id}). ${waysOut}`;
  return { servedOn: 'off', reason, isConflict: true };
}

/**
 * Decides now and with each change of the settings.
 *
 * @throws ProcessSettingsError where one port is to serve both, with the two ways out. Once the process runs, such a change of the settings is no
 * reason to end it: then the routes go off until the settings or the ports fit, which the log and /readyz say.
 */
export function createPublicRoutes({ settings, store, log, waysOut = TWO_WAYS }: PublicRoutesDeps): PublicRoutes {
  let judged = judge(settings, store.documents, waysOut);
  if (judged.isConflict) throw new ProcessSettingsError(judged.reason ?? '');
  if (judged.servedOn === 'PORT' && judged.reason !== undefined) log.warn({}, judged.reason);

  store.onChange(() => {
    const before = judged;
    judged = judge(settings, store.documents, waysOut);
    if (judged.servedOn === before.servedOn && judged.reason === before.reason) return;
    if (judged.isConflict) log.error({}, `The routes for senders outside are off. ${judged.reason}`);
    else if (judged.reason === undefined) log.info({}, 'The routes for senders outside are served.');
    else log.warn({}, judged.reason);
  });

  return {
    assertOnPort() {
      if (judged.servedOn !== 'PORT') throw new PluginError('PUBLIC_ROUTES_OFF');
    },
    get isWanted() {
      return judged.servedOn !== 'off' || judged.isConflict === true;
    },
    conflictWith(documents) {
      const { isConflict, reason } = judge(settings, documents, waysOut);
      return isConflict === true ? reason : undefined;
    },
    status: () => ({ servedOn: judged.servedOn, ...(judged.reason !== undefined && { reason: judged.reason }) }),
  };
}
