// No host is called, and no sender believed or shown anything, without a right: a short run of `npm run hostile`.

import { HOSTILE_ADDRESSES } from '../hostile/addresses.js';
import { HOSTILE_FORGERY } from '../hostile/forgery.js';
import { testGroup } from '../hostile/group-test.js';
import { HOSTILE_NEIGHBOURS } from '../hostile/neighbours.js';
import { HOSTILE_OUTSIDE } from '../hostile/outside.js';
import { HOSTILE_STRANGERS } from '../hostile/strangers.js';

for (const group of [HOSTILE_ADDRESSES, HOSTILE_FORGERY, HOSTILE_NEIGHBOURS, HOSTILE_OUTSIDE, HOSTILE_STRANGERS])
  testGroup(group);
