// A process of its own whose files may not grow beyond a size, so that a write to the outbox breaks off in the middle.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import { awaitableLog, event, START } from './outbox.js';
import { ROOMY } from './outbox-memory.js';

/** Blocks of 512 bytes that a file may have. */
const BLOCKS = 2000;

const MOST_CALLS = 10_000;

/** Each line is `{id}` of an accepted event, or `{code}`: what the first refusal said. It ends after the outbox took `after`. */
export function startLimitedAppender(directory: string): { child: ChildProcess; lines: Interface } {
  const command = `ulimit -S -f ${BLOCKS} && exec "$0" "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, import.meta.filename, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout }) };
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function appendUntilRefused(directory: string): Promise<void> {
  const log = awaitableLog();
  const works = log.logged('works again');
  const outbox = await openLevelOutbox({ ...ROOMY, now: () => START, directory, log });
  for (let call = 0; call < MOST_CALLS; call += 1) {
    try {
      await outbox.append([event(`id-${call}`, { payload: 'x'.repeat(5000) })]);
      tell({ id: `id-${call}` });
    } catch (error) {
      tell({ code: String(error) });
      break;
    }
  }
  await works;
  for (const id of ['soon', 'after']) {
    await outbox.append([event(id)]);
    tell({ id });
  }
  await outbox.close();
}

const [, script, directory] = process.argv;
if (script === import.meta.filename && directory !== undefined) await appendUntilRefused(directory);
