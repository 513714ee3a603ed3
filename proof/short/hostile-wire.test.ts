// Odd HTTP, odd paths and slow clients harm no other request: a short run of `npm run hostile`.

import { testGroup } from '../hostile/group-test.js';
import { HOSTILE_PATHS } from '../hostile/paths.js';
import { HOSTILE_SLOW } from '../hostile/slow.js';
import { HOSTILE_WIRE } from '../hostile/wire.js';

for (const group of [HOSTILE_WIRE, HOSTILE_PATHS, HOSTILE_SLOW]) testGroup(group);
