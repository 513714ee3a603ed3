import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mutex, NamedMutex } from '../../src/base/mutex.js';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

test('tasks run one after another in the order in which they come, also behind one that fails', async () => {
  const mutex = new Mutex();
  const said: string[] = [];
  const first = gate();
  const failing = mutex.run(async () => {
    said.push('first begins');
    await first.opened;
    said.push('first ends');
    throw new Error('no');
  });
  const second = mutex.run(async () => said.push('second'));
  const third = mutex.run(async () => said.push('third'));
  assert.equal(mutex.isIdle, false);
  first.open();
  await assert.rejects(failing, /no/);
  await Promise.all([second, third]);
  assert.deepEqual(said, ['first begins', 'first ends', 'second', 'third']);
  assert.equal(mutex.isIdle, true);
});

test('a task that throws before its first await fails its own caller only', async () => {
  const mutex = new Mutex();
  const failing = mutex.run(() => {
    throw new Error('at once');
  });
  await assert.rejects(failing, /at once/);
  assert.equal(await mutex.run(async () => 7), 7);
  assert.equal(mutex.isIdle, true);
});

test('tasks of different names do not wait for each other', async () => {
  const mutexes = new NamedMutex();
  const held = gate();
  const said: string[] = [];
  const one = mutexes.run('one', async () => {
    await held.opened;
    said.push('one');
  });
  const after = mutexes.run('one', async () => said.push('after one'));
  await mutexes.run('other', async () => said.push('other'));
  assert.deepEqual(said, ['other']);
  held.open();
  await Promise.all([one, after]);
  assert.deepEqual(said, ['other', 'one', 'after one']);
});

test('a task that comes while the last of its name ends waits for those that wait', async () => {
  const mutexes = new NamedMutex();
  let running = 0;
  let most = 0;
  const task = async () => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  };
  const chains = Array.from({ length: 20 }, async () => {
    for (let round = 0; round < 50; round += 1) await mutexes.run('name', task);
  });
  await Promise.all(chains);
  assert.equal(most, 1);
});
