// No one asks which rows of the settings have applied.

import type { FindRowUse } from '../../transform/row-use.js';

const use = { isUsed: false };

export const unwatched: FindRowUse = () => () => use;

export function noteUse(): void {}

export const rowUsesOf = () => unwatched;

export const mappingRow = () => '';
