// The event types in use, as the manifest declares them.

import { compileEventTypes } from '../transform/event-types.js';
import { manifest } from './manifest.js';

/** The same for all workspaces. */
export const EVENT_TYPES = compileEventTypes(manifest.eventTypes, manifest.relayedEventTypes);
