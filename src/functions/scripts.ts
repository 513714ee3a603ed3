// The scripts that are written for runtimes without a server: their names, and where in each the settings document stands.

import { DESTINATION_SETTINGS, type FunctionSetting, SOURCE_SETTINGS } from './function-settings.js';

/** A script, and what is told of it. */
export interface FunctionScript {
  /** Of the file, without its ending; the module beside this one has the same name. */
  readonly name: 'destination-function' | 'source-function' | 'transformation';
  readonly title: string;
  /** How Segment's Public API calls the kind; absent where Segment has nothing to do with it. */
  readonly resourceType?: 'DESTINATION' | 'SOURCE';
  /** To be entered in Segment. */
  readonly settings: readonly FunctionSetting[];
}

/** All of them. */
export const FUNCTION_SCRIPTS: readonly FunctionScript[] = [
  {
    name: 'destination-function',
    title: 'Destination Function of Segment',
    resourceType: 'DESTINATION',
    settings: DESTINATION_SETTINGS,
  },
  { name: 'source-function', title: 'Source Function of Segment', resourceType: 'SOURCE', settings: SOURCE_SETTINGS },
  { name: 'transformation', title: 'Transformation of RudderStack', settings: [] },
];

/** What every script begins with. */
export const HEAD_BEGINS = '// statsig-cdp ';

/** The line that stands for the document. */
export const SETTINGS_LINE = 'const SETTINGS = {};';

/** The script with a document in it. @param document without keys */
export function withDocument(script: string, document: object): string {
  return script.replace(SETTINGS_LINE, () => `const SETTINGS = ${JSON.stringify(document, null, 2)};`);
}

/** The line between the part that people read and the code. */
export const CODE_BEGINS = '// What follows is made by a program.';
