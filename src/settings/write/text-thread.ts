// The thread that works on a long text.

import { parentPort, workerData } from 'node:worker_threads';
import { TextChangeError } from './change-text.js';
import { PlaceError } from './change-values.js';
import type { TextAnswer, TextOrder } from './text-aside.js';
import { TEXT_WORK } from './text-work.js';

function answer({ name, args }: TextOrder): TextAnswer {
  try {
    const work = TEXT_WORK[name] as (...args: readonly unknown[]) => unknown;
    return { value: work(...args) };
  } catch (error) {
    if (error instanceof PlaceError) return { place: { index: error.index, message: error.message } };
    if (error instanceof TextChangeError) return { refused: error.message };
    throw error;
  }
}

parentPort?.postMessage(answer(workerData));
