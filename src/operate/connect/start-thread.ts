// Starts the thread of a deed. The code of connecting is loaded there: a start of the process does without it, and what the thread held of tokens is gone with it.

import { Worker } from 'node:worker_threads';
import type { Logger } from '../../base/logger.js';
import { codeOf } from '../../base/system-error.js';
import type { DeedThread, ThreadWatch } from './deeds.js';
import type { FromThread, ThreadData } from './messages.js';

const LIMITS = { maxOldGenerationSizeMb: 256 };

/** @param log told of a thread that fails, without its words: they could have a token in them */
export function createThreadStarter(log: Logger): (data: ThreadData, watch: ThreadWatch) => DeedThread {
  return (data, { told, gone }) => {
    const worker = new Worker(new URL('./connect-thread.js', import.meta.url), {
      workerData: data,
      resourceLimits: LIMITS,
      // What a library might print may hold a token: it is not passed on.
      stdout: true,
      stderr: true,
    });
    worker.on('message', (message: FromThread) => told(message));
    worker.on('error', (error) => log.error({ way: data.order.way, code: codeOf(error) }, 'Connecting has failed'));
    worker.on('exit', gone);
    return {
      tell: (message) => worker.postMessage(message),
      async end() {
        await worker.terminate();
      },
    };
  };
}
