// Measures what many lanes, workspaces and documents cost, beside a quarter of as many.

import { runAudiences } from './scale/audiences.js';
import { runEdit } from './scale/edit.js';
import { runOutage } from './scale/outage.js';

const only = process.env.ONLY ?? '';
const size = Number(process.env.SIZE ?? 4000);
if ('audiences'.includes(only)) console.log('audiences', size, await runAudiences(size));
if ('outage'.includes(only)) console.log('outage', size, await runOutage(size, 500));
if ('edit'.includes(only)) console.log('edit', size, await runEdit(size));
