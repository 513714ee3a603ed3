// All rows of the benchmark of the shared outbox, in the order in which they run.

import type { Row } from '../performance/row.js';
import { backlogRows } from './backlog-rows.js';
import { conditionRows } from './condition-rows.js';
import { takeoverRows } from './takeover-rows.js';
import { throughputRows } from './throughput-rows.js';

export const SHARED_ROWS: readonly Row[] = [...throughputRows, ...conditionRows, ...backlogRows, ...takeoverRows];
