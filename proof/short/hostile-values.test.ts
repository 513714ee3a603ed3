// Values and forms of bodies cost the process neither its life nor its memory, and one form no less than another: a short run of `npm run hostile`.

import { testGroup } from '../hostile/group-test.js';
import { HOSTILE_FORMS } from '../hostile/large-forms.js';
import { HOSTILE_VALUES } from '../hostile/values.js';

for (const group of [HOSTILE_VALUES, HOSTILE_FORMS]) testGroup(group);
