// Works on a long text in a thread of its own: it takes seconds, in which no event would be taken.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Mutex } from '../../base/mutex.js';
import { codeOf } from '../../base/system-error.js';
import { TextChangeError } from './change-text.js';
import { PlaceError } from './change-values.js';
import { TEXT_WORK, type TextWork } from './text-work.js';

/** What a thread is to do. */
export interface TextOrder {
  readonly name: keyof TextWork;
  readonly args: readonly unknown[];
}

/** What it answers. */
export type TextAnswer =
  | { readonly value: unknown }
  | { readonly refused: string }
  | { readonly place: { readonly index: number; readonly message: string } };

/** Work of so many characters takes no longer than a thread to start. A text counts once for each change. */
const LONG_WORK = 16_384;

/** Milliseconds after which work is given up. */
const MOST_MS = 10_000;

const LIMITS = { maxOldGenerationSizeMb: 512 };

/** One thread at a time: others have the processor, too. */
const threads = new Mutex();

async function runThread(order: TextOrder): Promise<TextAnswer> {
  const worker = new Worker(new URL('./text-thread.js', import.meta.url), {
    workerData: order,
    resourceLimits: LIMITS,
  });
  try {
    const [answer]: TextAnswer[] = await once(worker, 'message', { signal: AbortSignal.timeout(MOST_MS) });
    return answer ?? { refused: TOO_MUCH };
  } catch (error) {
    if (['ABORT_ERR', 'ERR_WORKER_OUT_OF_MEMORY'].includes(codeOf(error))) return { refused: TOO_MUCH };
    throw error;
  } finally {
    await worker.terminate();
  }
}

const TOO_MUCH = 'This edit takes more than ten seconds to work out: make it in smaller parts, or in an editor';

/**
 * As the work of that name, without holding up others.
 *
 * @param characters how much there is to do
 * @throws TextChangeError, PlaceError
 */
export async function workAside<Name extends keyof TextWork>(
  name: Name,
  characters: number,
  ...args: Parameters<TextWork[Name]>
): Promise<ReturnType<TextWork[Name]>> {
  if (characters <= LONG_WORK) {
    const works: { [Each in keyof TextWork]: (...args: Parameters<TextWork[Each]>) => ReturnType<TextWork[Each]> } =
      TEXT_WORK;
    return works[name](...args);
  }
  const answer = await threads.run(() => runThread({ name, args }));
  if ('place' in answer) throw new PlaceError(answer.place.index, answer.place.message);
  if ('refused' in answer) throw new TextChangeError(answer.refused);
  return answer.value as ReturnType<TextWork[Name]>;
}
