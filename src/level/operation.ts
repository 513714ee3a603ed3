// One change of a database: a key gets a value, or goes.

/** With the place in the order of all changes that LevelDB gave it. */
export interface Operation {
  readonly key: Buffer;
  /** `undefined`: the key goes. */
  readonly value: Buffer | undefined;
  /** Of two changes of a key the higher one counts. */
  readonly sequence: number;
}

/** Whether an operation out of damaged bytes is what was written: known by what only whole records have. */
export type IsSound = (key: string, value: string | undefined) => boolean;

/** LevelDB's mark of an operation by which a key goes. */
export const DELETION = 0;

/** The same of one by which a key gets a value. */
export const VALUE = 1;
