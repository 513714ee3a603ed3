// A worker's side of what it shares with the others.

import type { Server } from 'node:http';
import type { RouteHandler } from '../../http/route.js';
import type { NodeHandler } from '../handler.js';
import { isPassedOn, listenForOthers } from './first-worker.js';
import type { AllAnswers, Question, ToPrimary, ToWorker } from './messages.js';
import { createPassOn } from './pass-on.js';
import type { WorkerPlace } from './place.js';

/** All workers, as one of them sees them. */
export interface Crew {
  readonly number: number;
  /** Serves operators, writes the files that all need once, and owns the outbox where it is embedded. */
  readonly isFirst: boolean;
  /** Answers as the first worker does, which it asks. @throws PluginError OUTBOX_UNAVAILABLE while that is being replaced */
  readonly passOn: RouteHandler;
  /** Whether another worker passes the request on, and measures it. */
  readonly isPassedOn: typeof isPassedOn;
  /** Serves what the others pass on to the first one. @returns ends that */
  serveOthers(handler: NodeHandler): Promise<Server>;
  /** Answers a question of any worker. */
  onQuestion(question: Question, answer: () => Promise<string>): void;
  /** Asks all workers, this one too. */
  ask(question: Question): Promise<AllAnswers>;
  /** Gives entries of the live log to the first. @param text JSON */
  giveEntries(text: string): void;
  /** Told entries of another's live log. */
  onEntries(listener: (text: string) => void): void;
  /** Tells the others whether somebody watches the live log of this one, the first. */
  tellWatched(isWatched: boolean): void;
  /** Told whether somebody watches that of the first. */
  onWatched(listener: (isWatched: boolean) => void): void;
  /** Told when the primary stops all. */
  onStop(listener: () => void): void;
  tellListening(publicPort: number | undefined): void;
  tellStarted(): void;
}

/** The channel to the primary; a worker without one has lost it, and ends. */
function tell(message: ToPrimary): void {
  process.send?.(message, undefined, undefined, () => {});
}

/** Joins the other workers. */
export function joinCrew(place: WorkerPlace): Crew {
  const asked = new Map<number, (answers: AllAnswers) => void>();
  const answerers = new Map<Question, () => Promise<string>>();
  let lastId = 0;
  let stop = () => {};
  let takeEntries = (_text: string) => {};
  let watched = (_isWatched: boolean) => {};

  async function answer(id: number, question: Question): Promise<void> {
    const text = await answerers.get(question)?.();
    if (text !== undefined) tell({ kind: 'answer', id, text });
  }

  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') stop();
    if (message.kind === 'live') takeEntries(message.text);
    if (message.kind === 'watched') watched(message.isWatched);
    // One who does not answer is left out.
    if (message.kind === 'ask') answer(message.id, message.question).catch(() => {});
    if (message.kind === 'answers') {
      asked.get(message.id)?.(message);
      asked.delete(message.id);
    }
  });

  return {
    number: place.number,
    isFirst: place.number === 1,
    passOn: createPassOn(place),
    isPassedOn,
    serveOthers: (handler) => listenForOthers(place, handler),
    onQuestion: (question, answer) => void answerers.set(question, answer),
    ask: (question) =>
      new Promise((resolve) => {
        lastId += 1;
        asked.set(lastId, resolve);
        tell({ kind: 'ask', id: lastId, question });
      }),
    giveEntries: (text) => tell({ kind: 'live', text }),
    onEntries(listener) {
      takeEntries = listener;
    },
    tellWatched: (isWatched) => tell({ kind: 'watched', isWatched }),
    onWatched(listener) {
      watched = listener;
    },
    onStop(listener) {
      stop = listener;
    },
    tellListening: (publicPort) => tell({ kind: 'listening', publicPort }),
    tellStarted: () => tell({ kind: 'started' }),
  };
}
