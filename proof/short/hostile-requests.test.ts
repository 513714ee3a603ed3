// Bodies and bombs cost the process neither its life nor its memory: a short run of `npm run hostile`.

import { HOSTILE_BODIES, HOSTILE_LISTS } from '../hostile/bodies.js';
import { HOSTILE_BOMBS } from '../hostile/bombs.js';
import { testGroup } from '../hostile/group-test.js';

for (const group of [HOSTILE_BODIES, HOSTILE_LISTS, HOSTILE_BOMBS]) testGroup(group);
