// Prints what a number of events a second needs: the table of docs/scale.md, with other numbers where they are given.
//
//   npm run scale -- requestMs=80 databaseCores=32

import { SCALE_INPUTS, type ScaleInputName, type ScaleValues } from './scale-model.js';
import { scaleTables } from './scale-tables.js';

const isInput = (name: string): name is ScaleInputName => name in SCALE_INPUTS;

const others: Partial<Record<ScaleInputName, number>> = {};
for (const argument of process.argv.slice(2)) {
  const [name = '', text = ''] = argument.split('=');
  const value = Number(text);
  if (!isInput(name) || text === '' || !(value > 0)) {
    console.error(`${argument}: say NAME=NUMBER; names are ${Object.keys(SCALE_INPUTS).join(', ')}.`);
    process.exit(1);
  }
  others[name] = value;
}
const values: Partial<ScaleValues> = others;
console.log(scaleTables(values));
