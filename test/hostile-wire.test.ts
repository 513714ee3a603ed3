// Odd HTTP, odd paths and slow clients harm nobody: a short run of `npm run hostile`.

import { testGroup } from '../bench/hostile/group-test.js';
import { HOSTILE_PATHS } from '../bench/hostile/paths.js';
import { HOSTILE_SLOW } from '../bench/hostile/slow.js';
import { HOSTILE_WIRE } from '../bench/hostile/wire.js';

for (const group of [HOSTILE_WIRE, HOSTILE_PATHS, HOSTILE_SLOW]) testGroup(group);
