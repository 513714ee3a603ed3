// What the process needs to be ready for traffic, and how each of it stands.

import { BEING_READ, type DeliveryService } from '../dispatch/delivery-service.js';
import type { Lifecycle } from '../http/lifecycle.js';
import type { WorkspaceStore } from '../settings/store.js';
import type { PublicRoutes } from '../sources/public-routes.js';
import type { Features } from '../sources/rudderstack/features.js';
import { summariseLanes, summariseOutbox } from './lane-summary.js';

/** How one thing stands. Holds nothing secret. */
export interface Readiness {
  readonly ok: boolean;
  readonly [fact: string]: unknown;
}

/** How one thing stands, and what an operator has to look at although traffic goes on. */
export interface Judged {
  readonly readiness: Readiness;
  readonly warnings: readonly string[];
}

/** One thing the process needs to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** True for what only those need whose events are stored. */
  readonly isOfIngest?: boolean;
  check(): Judged;
}

/** How the process stands. Holds nothing secret. */
export interface ProcessReadiness {
  /** Whether it is ready for rudder-server. */
  readonly transform: boolean;
  /** Whether it is ready for senders whose events are stored. */
  readonly ingest: boolean;
  readonly warnings: readonly string[];
  /** By the names of the checks. */
  readonly checks: Readonly<Record<string, Readiness>>;
  /** Where it is several workers. */
  readonly workers?: readonly { readonly worker: number; readonly transform: boolean; readonly ingest: boolean }[];
}

/** Makes all checks. */
export function judgeReadiness(checks: readonly ReadinessCheck[]): ProcessReadiness {
  const judged = checks.map(({ check, ...of }) => ({ ...of, ...check() }));
  return {
    transform: judged.every(({ readiness, isOfIngest }) => readiness.ok || isOfIngest === true),
    ingest: judged.every(({ readiness }) => readiness.ok),
    warnings: judged.flatMap(({ name, warnings }) => warnings.map((warning) => `${name}: ${warning}`)),
    checks: Object.fromEntries(judged.map(({ name, readiness }) => [name, readiness])),
  };
}

function judged(readiness: Readiness, ...warnings: readonly (string | false)[]): Judged {
  return { readiness, warnings: warnings.filter((warning) => warning !== false) };
}

/** While no features are known, no one but this check may be asking for them: rudder-server waits for us to be ready. */
function checkUpstream(features: Features, isFailing: () => boolean): Judged {
  const state = features.state();
  if (state === 'waiting') void features.refresh();
  const isUnknown = state === 'cached' || state === 'waiting';
  return judged(
    { ok: state !== 'waiting', features: state },
    isUnknown && 'The upstream transformer does not state its features.',
    isFailing() && 'The upstream transformer does not answer what is passed on to it.',
  );
}

/** The last good settings serve on, so that the process is ready: were it not, an edit would take every replica out of the traffic at once. */
function checkSettings(store: WorkspaceStore): Judged {
  const status = store.status();
  const { lastError, missing = [], warnings = [] } = status;
  return judged(
    { ok: store.loaded, ...status },
    lastError !== undefined && `The newest settings are not in force: ${lastError}`,
    missing.length > 0 && `The newest settings are in force in a moment. They take away: ${missing.join(', ')}`,
    ...warnings,
  );
}

function checkPublicRoutes(publicRoutes: PublicRoutes): Judged {
  const status = publicRoutes.status();
  const { servedOn, reason } = status;
  return judged(
    { ok: true, ...status },
    servedOn === 'off' && publicRoutes.isWanted && `The routes for senders outside are off. ${reason}`,
  );
}

/** A process that has no use for an outbox is ready without one. */
function checkDelivery(delivery: DeliveryService): Judged {
  const status = delivery.status();
  if (status === undefined) return judged({ ok: true, outbox: 'not needed yet' });
  if (status === 'opening') return judged({ ok: false, outbox: BEING_READ });
  const { ok, problem } = status.outbox;
  const lanes = summariseLanes(status.dispatcher);
  const { lanesOpen, hosts } = lanes;
  return judged(
    { ok, outbox: summariseOutbox(status.outbox), ...lanes },
    problem !== undefined && `The outbox: ${problem}`,
    lanesOpen > 0 && `Targets that take nothing, their circuits open: ${lanesOpen}.`,
    hosts.length > 0 && `Hosts that do not answer: ${hosts.map(({ host }) => host).join(', ')}`,
  );
}

/** All checks of the process; it is ready when every one is ok. @param isUpstreamFailing whether the last request that was passed on was not answered @param isOutboxShared whether other replicas use the same outbox */
export function createReadinessChecks(
  lifecycle: Lifecycle,
  store: WorkspaceStore,
  features: Features,
  delivery: DeliveryService,
  publicRoutes: PublicRoutes,
  isUpstreamFailing: () => boolean,
  isOutboxShared: boolean,
): readonly ReadinessCheck[] {
  return [
    { name: 'process', check: () => judged({ ok: !lifecycle.draining, draining: lifecycle.draining }) },
    { name: 'settings', check: () => checkSettings(store) },
    // Rudder-server's traffic goes on where senders outside are refused.
    { name: 'publicRoutes', check: () => checkPublicRoutes(publicRoutes) },
    { name: 'upstream', check: () => checkUpstream(features, isUpstreamFailing) },
    // A database that fails fails all replicas: rudder-server's traffic, which needs none, would find no one. An outbox on this disk is this process's trouble alone.
    { name: 'delivery', isOfIngest: isOutboxShared, check: () => checkDelivery(delivery) },
  ];
}
