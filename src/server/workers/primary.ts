// The primary: starts the workers, replaces those that end, and stops all of them. It serves nothing itself.

import cluster, { type Worker } from 'node:cluster';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createLogger, type Logger, type LogWriter } from '../../base/logger.js';
import type { ProcessSettings } from '../../settings/process.js';
import { openLog } from '../open-log.js';
import { endUntakenWith } from './handed-connections.js';
import type { ToPrimary, ToWorker, WorkerCounts } from './messages.js';
import { drawMeeting, environmentFor, removeMeeting } from './place.js';
import { Restarts } from './restarts.js';
import { Rounds } from './rounds.js';

/** Beside the drain: the last answers and the files take their time, too. */
const LAST_WORDS_MS = 5_000;

/** One of the places that workers take, one after the other. */
interface Post {
  readonly number: number;
  readonly restarts: Restarts;
  worker: Worker | undefined;
  isListening: boolean;
  pause: NodeJS.Timeout | undefined;
}

/** How it ended. */
type Ended = (exitCode: number) => void;

/** All workers of one start. */
class Primary {
  readonly #settings: ProcessSettings;
  readonly #log: Logger;
  readonly #write: LogWriter;
  readonly #ended: Ended;
  readonly #posts: readonly Post[];
  readonly #meeting = drawMeeting();
  readonly #rounds: Rounds;
  #replaced = 0;
  #publicPort: number | undefined;
  /** Whether somebody watches the live log of the first. */
  #isWatched = false;
  /** Until the first worker has started once, its end is that of all. */
  #hasStarted = false;
  #isStopping = false;
  #exitCode = 0;
  /** Workers whose last lines may still come. */
  #open = 0;

  constructor(settings: ProcessSettings, count: number, write: LogWriter, ended: Ended) {
    this.#settings = settings;
    this.#write = write;
    this.#log = createLogger(settings.logLevel, write);
    this.#ended = ended;
    this.#posts = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      restarts: new Restarts(),
      worker: undefined,
      isListening: false,
      pause: undefined,
    }));
    const running = () =>
      this.#posts.flatMap(({ number, worker, isListening }) =>
        worker !== undefined && isListening ? [{ number, send: (message: ToWorker) => send(worker, message) }] : [],
      );
    this.#rounds = new Rounds(running, () => this.#counts());
  }

  /** The first alone, so that what is wrong with the settings or the ports is said once. */
  start(): void {
    process.once('exit', () => removeMeeting(this.#meeting));
    cluster.setupPrimary({
      exec: fileURLToPath(new URL('./worker.js', import.meta.url)),
      args: [],
      // Lines of several writers would run into each other, and only this process knows whether it writes to a terminal.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#fork(this.#first);
  }

  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    for (const { pause, worker, isListening } of this.#posts) {
      clearTimeout(pause);
      if (worker === undefined) continue;
      if (isListening) send(worker, { kind: 'stop' });
      // It may not listen to messages yet, and has accepted nothing.
      else worker.process.kill('SIGTERM');
    }
    const kill = () => {
      this.#exitCode = 1;
      for (const { number, worker } of this.#posts) {
        if (worker === undefined) continue;
        this.#log.error({ worker: number }, 'A worker did not stop in time, and is killed.');
        worker.process.kill('SIGKILL');
      }
    };
    setTimeout(kill, this.#settings.drainTimeoutMs + LAST_WORDS_MS).unref();
    this.#endWithLast();
  }

  get #first(): Post {
    const [first] = this.#posts;
    if (first === undefined) throw new Error('There is at least one worker.');
    return first;
  }

  #counts(): WorkerCounts {
    const running = this.#posts.filter(({ isListening }) => isListening).length;
    return { wanted: this.#posts.length, running, replaced: this.#replaced };
  }

  #fork(post: Post): void {
    const { number } = post;
    const startedAt = performance.now();
    const place = { number, of: this.#posts.length, ...this.#meeting };
    let worker: Worker;
    try {
      worker = cluster.fork({
        ...environmentFor(place),
        LOG_FORMAT: 'json',
        // A port that was drawn stays the same one when the only worker that serves it is replaced.
        ...(this.#publicPort !== undefined && { PUBLIC_PORT: String(this.#publicPort) }),
      });
    } catch (error) {
      this.#replace(post, String(error), 0);
      return;
    }
    // The system has no room for one: that is told here or above, and such a one has neither an exit nor perhaps an output.
    if (worker.process.pid === undefined) {
      worker.once('error', (error) => this.#replace(post, String(error), 0));
      return;
    }
    post.worker = worker;
    endUntakenWith(worker);
    this.#open += 1;
    const { stdout } = worker.process;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#write(`${line}\n`));
    worker.on('message', (message: ToPrimary) => this.#take(post, message));
    worker.on('exit', (code, signal) => this.#replace(post, signal ?? `code ${code}`, performance.now() - startedAt));
    worker.process.on('close', () => {
      this.#open -= 1;
      this.#endWithLast();
    });
  }

  #take(post: Post, message: ToPrimary): void {
    const { number, worker } = post;
    if (worker === undefined) return;
    if (message.kind === 'answer') this.#rounds.take(message.id, { number, text: message.text });
    if (message.kind === 'live' && this.#first.worker !== undefined) send(this.#first.worker, message);
    if (message.kind === 'watched') this.#tellWatched(message.isWatched);
    if (message.kind === 'ask')
      this.#rounds
        .ask(message.question, number)
        .then((answers) => send(worker, { kind: 'answers', id: message.id, ...answers }));
    if (message.kind === 'listening') {
      post.isListening = true;
      send(worker, { kind: 'watched', isWatched: this.#isWatched });
      this.#log.info({ worker: number, pid: worker.process.pid }, `Worker ${number} of ${this.#posts.length} listens.`);
    }
    if (number !== 1) return;
    if (message.kind === 'listening') this.#startOthers(message.publicPort);
    if (message.kind === 'started') this.#hasStarted = true;
  }

  #tellWatched(isWatched: boolean): void {
    this.#isWatched = isWatched;
    for (const { number, worker } of this.#posts)
      if (number !== 1 && worker !== undefined) send(worker, { kind: 'watched', isWatched });
  }

  #startOthers(publicPort: number | undefined): void {
    if (this.#settings.sharedOutbox === undefined) this.#publicPort = publicPort;
    for (const post of this.#posts)
      if (post.worker === undefined && post.pause === undefined && !this.#isStopping) this.#fork(post);
  }

  #replace(post: Post, how: string, livedMs: number): void {
    const { number } = post;
    post.worker = undefined;
    post.isListening = false;
    if (number === 1) this.#tellWatched(false);
    this.#rounds.leave(number);
    if (!this.#hasStarted && !this.#isStopping && number === 1) {
      // It has said why.
      this.#exitCode = 1;
      this.stop();
      return;
    }
    if (this.#isStopping) return;
    this.#replaced += 1;
    const pauseMs = post.restarts.pauseAfter(livedMs);
    const said = { worker: number, ended: how, pauseMs };
    if (pauseMs === 0) this.#log.error(said, 'A worker ended, and another takes its place.');
    else
      this.#log.error(
        said,
        `A worker ended again soon after its start: the next takes its place in ${pauseMs / 1000} s.`,
      );
    post.pause = setTimeout(() => {
      post.pause = undefined;
      this.#fork(post);
    }, pauseMs);
  }

  #endWithLast(): void {
    if (this.#isStopping && this.#open === 0) this.#ended(this.#exitCode);
  }
}

/** One that has just ended hears nothing. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

/** Serves by several workers until SIGTERM or SIGINT. @param count at least two */
export async function runPrimary(settings: ProcessSettings, count: number): Promise<void> {
  const write = await openLog(settings.logFormat);
  const primary = new Primary(settings, count, write, (exitCode) => process.exit(exitCode));
  // A terminal sends its Ctrl-C to the workers, too.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => primary.stop());
  primary.start();
}
