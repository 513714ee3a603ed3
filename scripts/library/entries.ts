// What programs import.

/** Names of the entries, with the modules that they are of. */
export const ENTRIES = { index: 'index', convert: 'convert', testing: 'contract/testing' } as const;
