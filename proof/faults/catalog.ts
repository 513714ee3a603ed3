// All faults, in the order in which they are run.

import { cutTargets, silentTargets, slowTargets } from './bad-answers.js';
import { clock } from './clock.js';
import { correctedClock } from './corrected-clock.js';
import { descriptors } from './descriptors.js';
import type { Fault } from './fault.js';
import { fullOfDeadLetters, fullOfWaiting } from './full-disk.js';
import { manyAudiences, manyDocuments, manyWorkspaces } from './many.js';
import { missingKey } from './missing-key.js';
import { name } from './name.js';
import { oddAnswers, refuseAll } from './odd-answers.js';
import { outage } from './outage.js';
import { movedDirectory, takenDirectory } from './outbox-directory.js';
import { slowClients } from './slow-clients.js';
import { slowNeighbours } from './slow-neighbours.js';
import { stall } from './stall.js';
import { stopped } from './stopped.js';
import { virtualOutage } from './virtual-outage.js';

/** All of them. */
export const FAULTS: readonly Fault[] = [
  virtualOutage,
  outage,
  clock,
  correctedClock,
  missingKey,
  name,
  descriptors,
  slowClients,
  stall,
  stopped,
  slowTargets,
  silentTargets,
  cutTargets,
  slowNeighbours,
  oddAnswers,
  refuseAll,
  manyAudiences,
  manyWorkspaces,
  manyDocuments,
  movedDirectory,
  takenDirectory,
  fullOfWaiting,
  fullOfDeadLetters,
];
