// Takes all that an outbox holds to another one, of the same kind or another: page by page, so that a move that was killed goes on where it was.
//
// What is remembered of messages goes first, and is copied: where it comes twice it does no harm. Events are taken: a page is written there, in one step with the names that its events have
// here, and then removed here. Killed between the two, the next run finds the names there and removes the page here without writing it again.

import type { EpochMs } from '../base/time.js';
import type { DedupeName } from './dedupe-name.js';
import type { DeadLetter, Delivery } from './outbox.js';

/** A window of a `once` key. */
export interface MovedWindow {
  readonly value: MovedValue;
  readonly endsAt: EpochMs;
}

/** What a `once` key stands at: the value itself, or where only that is known, its hash. */
export type MovedValue = { readonly value: string } | { readonly hash: string };

/** An event that waits. */
export interface MovedEvent extends Omit<Delivery, 'key'> {
  /** The window of its `once` key, where it is this event's: if the event becomes a dead letter it is given back. */
  readonly window?: MovedWindow;
}

/** An event that was given up. */
export type MovedLetter = Omit<DeadLetter, 'key'>;

/** Some of what waits, each lane in order, and of what was given up. */
export interface MovedPage {
  /** Names, where it comes from: nothing else has had one of them, or will have. */
  readonly keys: readonly string[];
  readonly events: readonly MovedEvent[];
  readonly letters: readonly MovedLetter[];
}

/** What is remembered of a message, or of a `once` key, which stands at something. */
export interface Remembered {
  /** Its name, or where only that is known, the hash of the name. */
  readonly of: DedupeName | { readonly hash: string };
  readonly endsAt: EpochMs;
  readonly stands?: MovedValue;
}

/** Some of what is remembered. */
export interface RememberedPage {
  readonly entries: readonly Remembered[];
  /** Behind which the next page begins. */
  readonly cursor: string;
}

/** What an outbox keeps of a move from it that is under way. */
export interface MoveNote {
  /** Of the move; the same until it is done. */
  readonly id: string;
  /** What is remembered is copied up to here; `done`: all of it. */
  readonly cursor: string;
}

/** How much there is. */
export interface MoveCounts {
  readonly waiting: number;
  readonly deadLetters: number;
  /** Messages and windows that are remembered; `undefined` where counting would cost as much as reading them. */
  readonly remembered?: number;
}

/** An outbox that nothing else uses, to move from and to. Each call is synced when it resolves, and throws what its storage says. */
export interface MovableOutbox {
  count(): Promise<MoveCounts>;
  /** The move that was begun here and is not done, or a new one. */
  begin(): Promise<MoveNote>;
  /** The id of the move that was begun here and is not done. */
  unfinished(): Promise<string | undefined>;
  note(note: MoveNote): Promise<void>;
  /** What is remembered, from behind a cursor on; it changes nothing. */
  remembered(after: string): AsyncIterable<RememberedPage>;
  /** The first of what is still there; `undefined` where nothing is. */
  nextPage(): Promise<MovedPage | undefined>;
  /** Those that are not there any more are passed over. */
  remove(keys: readonly string[]): Promise<void>;
  /** All of it is elsewhere: what is remembered goes, and the note. */
  finish(): Promise<void>;
  /** Remembers it, too, where it does not know of something that ends later. */
  remember(entries: readonly Remembered[]): Promise<void>;
  /** Stores a page of a move behind what is there, in one step with its keys. Limits do not count: it was accepted before. */
  receive(move: string, page: MovedPage): Promise<void>;
  /** Keys of the last page that was received of the move; `undefined` where nothing of it was. */
  lastReceived(move: string): Promise<readonly string[] | undefined>;
  /** Nothing more comes of the move. */
  received(move: string): Promise<void>;
  close(): Promise<void>;
}

/** Why a move cannot be made, as a sentence for people. */
export class MoveError extends Error {}

/** What a move came to. */
export interface Moved {
  readonly waiting: number;
  readonly deadLetters: number;
  readonly remembered: number;
  /** Events and dead letters that an earlier run had written and not yet removed. */
  readonly alreadyThere: number;
}

const DONE = 'done';

const NOTHING: MovedPage = { keys: [], events: [], letters: [] };

/** @throws MoveError where the page that was moved last may be in both, and later events of its lanes here alone */
async function assertNotTurned(from: MovableOutbox, to: MovableOutbox): Promise<void> {
  const other = await to.unfinished();
  if (other !== undefined && (await from.lastReceived(other)) !== undefined)
    throw new MoveError('A move in the other direction was begun and is not done: finish it first, then move back.');
}

/** The move to go on with: to an outbox that knows nothing of it, from the beginning. */
async function goOn(from: MovableOutbox, to: MovableOutbox): Promise<{ note: MoveNote; there: readonly string[] }> {
  const note = await from.begin();
  const there = await to.lastReceived(note.id);
  if (there !== undefined) return { note, there };
  const first = { id: note.id, cursor: '' };
  await from.note(first);
  await to.receive(note.id, NOTHING);
  return { note: first, there: [] };
}

/** @returns what this run did @throws MoveError; what the storage of one of them says; run again it goes on */
export async function moveOutbox(from: MovableOutbox, to: MovableOutbox): Promise<Moved> {
  await assertNotTurned(from, to);
  const { note, there } = await goOn(from, to);
  let [remembered, waiting, deadLetters] = [0, 0, 0];
  if (note.cursor !== DONE) {
    for await (const { entries, cursor } of from.remembered(note.cursor)) {
      await to.remember(entries);
      remembered += entries.length;
      await from.note({ id: note.id, cursor });
    }
    await from.note({ id: note.id, cursor: DONE });
  }
  const before = await from.count();
  await from.remove(there);
  const after = await from.count();
  const alreadyThere = before.waiting + before.deadLetters - after.waiting - after.deadLetters;
  for (let page = await from.nextPage(); page !== undefined; page = await from.nextPage()) {
    await to.receive(note.id, page);
    await from.remove(page.keys);
    waiting += page.events.length;
    deadLetters += page.letters.length;
  }
  await from.finish();
  await to.received(note.id);
  return { waiting, deadLetters, remembered, alreadyThere };
}
