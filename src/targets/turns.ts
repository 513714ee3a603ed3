// Tells which lanes must not send at the same time: those that change the same list, and those that send with the same write key to the same place.
//
// Within a process they wait for each other where they send. Where several replicas share the outbox, all lanes of a turn belong to one of them.

import { createHash } from 'node:crypto';
import { isIntoStatsig, type LaneId, listOfTarget, partsOfLane } from '../outbox/lane-id.js';
import { clientName } from './segment/target.js';
import { consoleId } from './statsig-lists/console-client.js';
import { nameInConsole } from './statsig-lists/target.js';
import type { TargetDeps } from './targets.js';

/**
 * The name of a lane's turn, as the settings are now: equal for lanes that must not send at the same time. A lane that shares its target with no other has its own name. Names of others are
 * hashes, and hold nothing secret.
 */
export type TurnOf = (lane: LaneId) => string;

/** A slash is in the name of each lane, and in none of these. */
function turn(kind: string, name: string): string {
  return createHash('sha256').update(`${kind}\n${name}`).digest('base64url');
}

export function createTurnOf({ workspace, outbound }: Pick<TargetDeps, 'workspace' | 'outbound'>): TurnOf {
  return (lane) => {
    const { workspaceId, target } = partsOfLane(lane);
    if (isIntoStatsig(target)) {
      const listId = listOfTarget(target);
      const audiences = listId === undefined ? undefined : workspace(workspaceId)?.audiences;
      const id = audiences && consoleId(audiences);
      return listId === undefined || id === undefined ? lane : turn('list', nameInConsole(id, listId));
    }
    const found = outbound(workspaceId)?.targets.find(({ name }) => name === target);
    return found === undefined ? lane : turn('cdp', clientName(found));
  };
}
