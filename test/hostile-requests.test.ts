// Bodies and bombs cost the process neither its life nor its memory: a short run of `npm run hostile`.

import { HOSTILE_BODIES, HOSTILE_LISTS } from '../bench/hostile/bodies.js';
import { HOSTILE_BOMBS } from '../bench/hostile/bombs.js';
import { testGroup } from '../bench/hostile/group-test.js';
import { HOSTILE_FORMS } from '../bench/hostile/large-forms.js';
import { HOSTILE_VALUES } from '../bench/hostile/values.js';

for (const group of [HOSTILE_BODIES, HOSTILE_LISTS, HOSTILE_BOMBS, HOSTILE_VALUES, HOSTILE_FORMS]) testGroup(group);
