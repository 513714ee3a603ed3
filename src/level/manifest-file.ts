// Reads LevelDB's manifest: which files a database consists of.

import { ByteReader } from './byte-reader.js';
import { readLog } from './log-file.js';

/** What a database consists of. */
export interface Manifest {
  /** Size in bytes by number. */
  readonly tables: ReadonlyMap<number, number>;
  /** Logs before it are done with. */
  readonly logNumber: number;
  readonly previousLog: number;
  /** The number of the last operation that is in the tables for sure. */
  readonly lastSequence: number;
  readonly nextFile: number;
}

interface Draft {
  tables: Map<number, number>;
  logNumber: number;
  previousLog: number;
  lastSequence: number;
  nextFile: number;
}

/** @throws RangeError where it is damaged; one that ends within a record, as after a kill, is as good as one without it */
export function readManifest(file: Buffer): Manifest {
  const { records, state } = readLog(file);
  if (state === 'damaged' || state === 'ends badly' || records.length === 0)
    throw new RangeError('the manifest is damaged');
  const draft: Draft = { tables: new Map(), logNumber: 0, previousLog: 0, lastSequence: 0, nextFile: 0 };
  for (const { bytes, isWhole } of records) if (isWhole) apply(draft, new ByteReader(bytes));
  return draft;
}

function apply(draft: Draft, reader: ByteReader): void {
  while (!reader.isAtEnd) {
    switch (reader.varint()) {
      case 1:
        reader.piece();
        break;
      case 2:
        draft.logNumber = reader.varint();
        break;
      case 3:
        draft.nextFile = reader.varint();
        break;
      case 4:
        draft.lastSequence = reader.varint();
        break;
      case 5:
        reader.varint();
        reader.piece();
        break;
      case 6:
        reader.varint();
        draft.tables.delete(reader.varint());
        break;
      case 7: {
        reader.varint();
        const number = reader.varint();
        draft.tables.set(number, reader.varint());
        reader.piece();
        reader.piece();
        break;
      }
      case 9:
        draft.previousLog = reader.varint();
        break;
      default:
        throw new RangeError('the manifest holds something unknown');
    }
  }
}
