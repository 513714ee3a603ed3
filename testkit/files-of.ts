// Everything that a process has left in a directory, as text to be searched.

import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

/** One text and where it is from. */
export interface KeptText {
  readonly place: string;
  readonly text: string;
}

/** Databases compress their blocks: what they hold is read as the program reads it, too. */
async function* recordsOf(directory: string): AsyncGenerator<KeptText> {
  const database = new ClassicLevel<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await database.open({ createIfMissing: false });
  for await (const [key, value] of database.iterator())
    yield { place: directory, text: `${key.toString('latin1')} ${value.toString('utf8')}` };
  await database.close();
}

/** The names, the bytes and the records of every file under the directory. No process may have it open. */
export async function* filesOf(directory: string): AsyncGenerator<KeptText> {
  const names = readdirSync(directory);
  for (const name of names) {
    const place = join(directory, name);
    const stat = lstatSync(place);
    if (stat.isDirectory()) yield* filesOf(place);
    else if (stat.isFile()) yield { place, text: `${name} ${readFileSync(place, 'latin1')}` };
  }
  if (names.includes('CURRENT')) yield* recordsOf(directory);
}
