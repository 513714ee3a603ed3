// Starts this package's own process as a target.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseJson } from '../../base/json.js';
import { isJsonObject } from '../../model/segment-event.js';
import { ConformanceError, type StartedTarget, type StartTarget } from './target.js';

const COMMAND = fileURLToPath(new URL('bin/statsig-cdp.js', import.meta.resolve('statsig-cdp/package.json')));

/** How much of what it says is shown where it does not start. */
const MAX_SAID = 2_000;

/** What the process says of its ports, once it listens. */
function portsIn(line: string): { readonly port: number; readonly publicPort: number } | undefined {
  const entry = parseJson(line);
  if (!isJsonObject(entry) || typeof entry.port !== 'number') return undefined;
  return { port: entry.port, publicPort: Number(entry.publicPort ?? entry.port) };
}

/** @param command what is run with Node; default: this package's */
export function ownProcess(command: string = COMMAND): StartTarget {
  return async ({ settingsDirectory, dataDirectory, environment }): Promise<StartedTarget> => {
    const child = spawn(process.execPath, [command, 'start'], {
      cwd: dataDirectory,
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        SINGLE_PORT: 'true',
        LOG_LEVEL: 'info',
        STATSIG_CDP_SETTINGS: settingsDirectory,
        OUTBOX_DIRECTORY: join(dataDirectory, 'outbox'),
        ...environment,
        PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = () => child.kill('SIGTERM');
    process.once('exit', end);
    const ended = once(child, 'exit').finally(() => process.off('exit', end));
    let said = '';
    const listening = new Promise<NonNullable<ReturnType<typeof portsIn>>>((resolve, reject) => {
      for (const output of [child.stdout, child.stderr])
        createInterface({ input: output }).on('line', (line) => {
          said = `${said}${line}\n`.slice(-MAX_SAID);
          const ports = portsIn(line);
          if (ports !== undefined) resolve(ports);
        });
      const giveUp = () => reject(new ConformanceError(`The process ended before it listened. It said:\n${said}`));
      ended.then(giveUp, giveUp);
    });
    const { port, publicPort } = await listening;
    return {
      url: `http://127.0.0.1:${port}`,
      publicUrl: `http://127.0.0.1:${publicPort}`,
      async stop() {
        end();
        await ended;
      },
    };
  };
}
