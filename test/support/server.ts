// Starts and stops the real process for tests.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The compiled process. */
export const MAIN = new URL('../../src/main.js', import.meta.url).pathname;

/** A running process. */
export interface TestProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** Lines of standard output so far. */
  readonly lines: readonly string[];
  /** The exit code, once the process is gone. */
  readonly exitCode: Promise<number | null>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<number | null>;
}

/** @param environment variables beside PORT, which is always a free one */
export async function startProcess(environment: Readonly<Record<string, string>> = {}): Promise<TestProcess> {
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', ...environment, PORT: '0' };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exitCode = once(child, 'exit').then(([code]): number | null => code);
  const lines: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const listening = /"port":(\d+)/.exec(line);
      if (listening !== null) resolve(Number(listening[1]));
    });
    exitCode.then((code) => reject(new Error(`exited with ${code} before listening`)));
  });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    lines,
    exitCode,
    stop() {
      child.kill('SIGTERM');
      return exitCode;
    },
  };
}
