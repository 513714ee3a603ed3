// Starts and stops the real process for tests, and its server without a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startServer } from '../src/server/server.js';
import { onePort } from './one-port.js';
import { MAIN } from './programs.js';

/** A server that listens. */
export interface TestServer {
  readonly url: string;
  /** Of the listener for senders outside; that of `url` where there is none. */
  readonly publicUrl: string;
  /** Lines of its log so far. */
  readonly lines: readonly string[];
  /** Stops it as SIGTERM does, and waits for the end. */
  stop(): Promise<unknown>;
}

/**
 * Starts what the process starts, in this process: for tests that neither kill it nor look at its exit code. A process of its own costs ten times the
 * processor time.
 *
 * @param environment variables beside PORT, which is always a free one
 */
export async function startHere(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const lines: string[] = [];
  const env = { HOST: '127.0.0.1', ...onePort(environment), PORT: '0' };
  const { port, publicPort = port, stop } = await startServer(env, (line) => lines.push(line));
  const at = (listener: number) => `http://127.0.0.1:${listener}`;
  return { url: at(port), publicUrl: at(publicPort), lines, stop };
}

/** A running process. */
export interface TestProcess extends TestServer {
  readonly child: ChildProcess;
  /** The exit code, once the process is gone. */
  readonly exitCode: Promise<number | null>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<number | null>;
}

/** @param environment variables beside PORT, which is always a free one @param main what is run: a copy's, where it is not this package's @param node what runs it */
export async function startProcess(
  environment: Readonly<Record<string, string>> = {},
  main = MAIN,
  node = process.execPath,
): Promise<TestProcess> {
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', ...onePort(environment), PORT: '0' };
  const child = spawn(node, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exitCode = once(child, 'exit').then(([code]): number | null => code);
  const lines: string[] = [];
  const listening = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (/"port":\d+/.test(line)) resolve(line);
    });
    exitCode.then((code) => reject(new Error(`exited with ${code} before listening`)));
  });
  const { port, publicPort = port } = JSON.parse(listening);
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    publicUrl: `http://127.0.0.1:${publicPort}`,
    lines,
    exitCode,
    stop() {
      child.kill('SIGTERM');
      return exitCode;
    },
  };
}

/** Starts the process, with these variables alone and PORT, expecting it to give up; resolves to what it said. */
export async function failToStart(
  environment: Readonly<Record<string, string>>,
  main = MAIN,
): Promise<{ code: number; errors: string }> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, errors };
}
