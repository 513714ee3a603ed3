// Sessions that were ended: none is forgotten, however many are ended.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EndedSessions } from '../../src/operate/access/ended-sessions.js';
import type { Role } from '../../src/operate/access/shapes.js';

const DAY = 86_400_000;

function memory(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'ended-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const said: string[] = [];
  const tell = (_: object, message: string) => said.push(message);
  const log = { debug: tell, info: tell, warn: tell, error: tell };
  let at = 1_800_000_000_000;
  let made = 0;
  const file = join(directory, 'state', 'ended-sessions.json');
  const open = () => new EndedSessions({ file, now: () => at, log, max: 3 });
  return {
    directory,
    said,
    file,
    open,
    pass: (ms: number) => {
      at += ms;
    },
    session: async (of: EndedSessions, role: Role) => {
      made += 1;
      return { role, id: `session-${made}`, expiresAt: await of.expiryFor(role) };
    },
  };
}

test('where more were ended than are remembered, all of that role until then are, and none of the other', async (context) => {
  const { open, session, pass } = memory(context);
  const of = open();
  const writer = await session(of, 'write');
  const otherWriter = await session(of, 'write');
  const reader = await session(of, 'read');
  await of.end(writer);
  for (let round = 0; round < 3; round += 1) {
    const ended = [];
    // All within one millisecond.
    for (let each = 0; each < 4; each += 1) ended.push(await session(of, 'read'));
    for (const each of ended) await of.end(each);
    for (const process of [of, open()]) {
      for (const each of [...ended, reader, writer]) assert.equal(await process.has(each), true, each.id);
      assert.equal(await process.has(otherWriter), false);
      assert.equal(await process.has(await session(process, 'read')), false, 'who signs in again is in');
    }
  }
  // What is over by itself takes no room.
  for (let day = 0; day < 5; day += 1) {
    pass(DAY);
    const [kept, ended] = [await session(of, 'write'), await session(of, 'write')];
    await of.end(ended);
    assert.deepEqual([await of.has(kept), await of.has(ended)], [false, true]);
  }
});

test('many that are ended at once are on the disk when it is said', async (context) => {
  const { open, session, file } = memory(context);
  const of = open();
  const three = [await session(of, 'read'), await session(of, 'read'), await session(of, 'read')];
  await Promise.all(
    three.map(async (each) => {
      await of.end(each);
      assert.ok(readFileSync(file, 'utf8').includes(each.id));
    }),
  );
});

test('a disk that does not take them is told once, and they are ended all the same', async (context) => {
  const { open, session, said, directory } = memory(context);
  writeFileSync(join(directory, 'state'), 'no directory');
  const of = open();
  // The file cannot be read either: what is to be known of it is not known.
  const two = [await session(of, 'read'), await session(of, 'read')];
  for (const each of two) await of.end(each);
  for (const each of two) assert.equal(await of.has(each), true);
  assert.equal(said.filter((each) => /cannot be kept/.test(each)).length, 1);
  assert.equal(said.filter((each) => /cannot be read/.test(each)).length, 1);
});
