// All changes of the tables, in order. What was released is not edited any more: a further one is put behind it.

import type { Migration } from '../migrate.js';
import { APPEND_SIDE } from './append-side.js';
import { LANE_SIDE } from './lane-side.js';
import { MOVING_SIDE } from './moving-side.js';
import { SHARED_STATE } from './shared-state.js';

export const MIGRATIONS: readonly Migration[] = [
  { name: 'what replicas share beside the outbox', sql: SHARED_STATE },
  { name: 'what events are appended to', sql: APPEND_SIDE },
  { name: 'lanes, their owners and dead letters', sql: LANE_SIDE },
  { name: 'moves from and to here', sql: MOVING_SIDE },
];
