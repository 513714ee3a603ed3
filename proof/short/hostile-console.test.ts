// Nobody without a right sees or changes what is for operators: a short run of `npm run hostile`.

import { HOSTILE_CONSOLE, HOSTILE_CONSOLE_HERE } from '../hostile/console.js';
import { testGroup } from '../hostile/group-test.js';

for (const group of [HOSTILE_CONSOLE, HOSTILE_CONSOLE_HERE]) testGroup(group);
