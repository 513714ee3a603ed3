// The process that `probe.ts` starts.

import { ClassicLevel } from 'classic-level';

/** Read at once. */
const PAGE = 1000;

const [, , directory = '', task] = process.argv;

async function tryAll(): Promise<void> {
  const db = new ClassicLevel<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await db.open({ createIfMissing: false });
    const entries = db.iterator();
    while ((await entries.nextv(PAGE)).length > 0);
    await entries.close();
    await db.compactRange(Buffer.alloc(0), Buffer.alloc(1, 0xff));
  } catch {
    // What LevelDB says of it, it says to the process that opens it next.
  }
  await db.close();
}

await (task === 'repair' ? ClassicLevel.repair(directory) : tryAll());
