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

/** One thing the process needs to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  check(): Readiness;
}

/** While no features are known, no one but this check may be asking for them: rudder-server waits for us to be ready. */
function checkUpstream(features: Features): Readiness {
  const state = features.state();
  if (state === 'waiting') void features.refresh();
  return { ok: state !== 'waiting', features: state };
}

/** A process that has no use for an outbox is ready without one. */
function checkDelivery(delivery: DeliveryService): Readiness {
  const status = delivery.status();
  if (status === undefined) return { ok: true, outbox: 'not needed yet' };
  if (status === 'opening') return { ok: false, outbox: BEING_READ };
  return { ok: status.outbox.ok, outbox: summariseOutbox(status.outbox), ...summariseLanes(status.dispatcher) };
}

/** All checks of the process; it is ready when every one is ok. */
export function createReadinessChecks(
  lifecycle: Lifecycle,
  store: WorkspaceStore,
  features: Features,
  delivery: DeliveryService,
  publicRoutes: PublicRoutes,
): readonly ReadinessCheck[] {
  return [
    { name: 'process', check: () => ({ ok: !lifecycle.draining, draining: lifecycle.draining }) },
    { name: 'settings', check: () => ({ ok: store.loaded, ...store.status() }) },
    // Rudder-server's traffic goes on where senders outside are refused.
    { name: 'publicRoutes', check: () => ({ ok: true, ...publicRoutes.status() }) },
    { name: 'upstream', check: () => checkUpstream(features) },
    { name: 'delivery', check: () => checkDelivery(delivery) },
  ];
}
