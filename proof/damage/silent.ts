// A log that keeps nothing.

import type { Logger } from '../../src/base/logger.js';

const nothing = () => {};

export const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
