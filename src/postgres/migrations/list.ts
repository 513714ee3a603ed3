// All changes of the tables, in order. What was released is not edited any more: a further one is put behind it.

import type { Migration } from '../migrate.js';

export const MIGRATIONS: readonly Migration[] = [];
