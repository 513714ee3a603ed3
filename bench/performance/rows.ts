// All rows of the speed benchmark, in the order in which they run.

import { configRow } from './config-row.js';
import { consoleRow } from './console-row.js';
import { growthRow } from './growth-row.js';
import { largeBodyRow } from './large-body-row.js';
import { outboundRow } from './outbound-row.js';
import type { Row } from './row.js';
import { statsigRequestsRow } from './statsig-requests-row.js';
import { trackingRows } from './tracking-rows.js';
import { transformRows } from './transform-rows.js';
import { workersRow } from './workers-row.js';

/** The row about settings comes behind those whose hit rates it judges. */
export const ROWS: readonly Row[] = [
  ...transformRows,
  largeBodyRow,
  ...trackingRows,
  configRow,
  statsigRequestsRow,
  outboundRow,
  growthRow,
  consoleRow,
  workersRow,
];
