// The settings that the functions have in Segment. Keys stand there and never in a script.

/** One setting, in the words of Segment's Public API. */
export interface FunctionSetting {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly type: 'STRING';
  readonly required: boolean;
  readonly sensitive: boolean;
}

/** Of both. */
const DOCUMENT: FunctionSetting = {
  name: 'settings',
  label: 'Settings document',
  description: 'As JSON, without keys. Empty: what stands at the top of the script.',
  type: 'STRING',
  required: false,
  sensitive: false,
};

/** Of the Destination Function. */
export const DESTINATION_SETTINGS: readonly FunctionSetting[] = [
  {
    name: 'statsigKey',
    label: 'Statsig server secret key',
    description: "Statsig's console, Settings > Keys & Environments. Events and deletions are sent with it.",
    type: 'STRING',
    required: true,
    sensitive: true,
  },
  {
    name: 'consoleKey',
    label: 'Statsig console API key',
    description: 'For audiences of Engage only: ID lists are changed with it.',
    type: 'STRING',
    required: false,
    sensitive: true,
  },
  {
    name: 'whenUnclear',
    label: 'When no answer comes',
    description:
      'retry (default): what may have been taken is sent again, and may be counted twice. drop: it is not, and may be lost.',
    type: 'STRING',
    required: false,
    sensitive: false,
  },
  DOCUMENT,
];

/** Of the Source Function. */
export const SOURCE_SETTINGS: readonly FunctionSetting[] = [
  {
    name: 'secret',
    label: 'Secret',
    description:
      "Anyone who posts has to know it: as ?secret=… in the address, or as Authorization: Bearer …. Statsig's signature cannot be checked here.",
    type: 'STRING',
    required: true,
    sensitive: true,
  },
  DOCUMENT,
];
