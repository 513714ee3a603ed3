// Runs every fixture of fixtures/audiences/sequences: events of Segment, window by window, and what reaches Statsig's Console API. Never edited to add a case.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createDispatcher } from '../src/dispatch/dispatcher.js';
import { createIngest } from '../src/ingest/inbound.js';
import { listOfTarget } from '../src/outbox/lane-id.js';
import type { DeadLetter, Outbox } from '../src/outbox/outbox.js';
import { compiledWorkspace } from './support/audiences.js';
import { CONSOLE_KEY, type LoggedCall, startConsole } from './support/console-stand-in.js';
import { FakeClock } from './support/fake-clock.js';
import { type FixtureHead, loadFixtures } from './support/fixtures.js';
import { openIdLists } from './support/id-list-rig.js';
import { memoryOutbox, ROOMY } from './support/outbox-memory.js';

/** What Segment says of one id, in short. */
interface Said {
  readonly enters?: string;
  readonly leaves?: string;
  readonly timestamp: string;
  /** Key of the audience. Default: `first_time_shopper`. */
  readonly audience?: string;
  /** Where the id stands in the event. Default: `userId`. */
  readonly as?: 'anonymousId' | 'groupId' | 'traits.email';
  /** So many ids, with 1, 2, … for `{n}`. */
  readonly times?: number;
  readonly messageId?: string;
}

interface ConsoleCall {
  readonly method: string;
  readonly path: string;
  readonly ids?: readonly string[];
  /** Instead, where there are too many ids to list. */
  readonly count?: number;
}

interface SequenceFixture extends FixtureHead {
  /** Of the settings document, below the keys. */
  readonly settings?: object;
  /** What Statsig has at the start, by id. Default of each: an empty ID list of users. */
  readonly segments: Readonly<
    Record<string, { readonly type?: string; readonly idType?: string; readonly ids?: readonly string[] }>
  >;
  /** Events that come together, then those that come when all of them are done with, and so on. */
  readonly windows: readonly (readonly Said[])[];
  readonly expect: {
    /** In order for each list. */
    readonly requests: readonly ConsoleCall[];
    /** Members of each list in the end, or how many they are. */
    readonly lists: Readonly<Record<string, readonly string[] | number>>;
    readonly deadLetters?: readonly { readonly ids: readonly string[]; readonly says: string }[];
  };
}

/** The events of Segment that say so. */
function eventsOf({ enters, leaves, timestamp, audience = 'first_time_shopper', as, times = 1, messageId }: Said) {
  return Array.from({ length: times }, (_, index) => {
    const id = (enters ?? leaves ?? '').replace('{n}', String(index + 1));
    const email = as === 'traits.email' ? { email: id } : {};
    return {
      type: as === 'groupId' ? 'group' : 'identify',
      ...(as !== 'traits.email' && { [as ?? 'userId']: id }),
      ...(messageId !== undefined && { messageId }),
      traits: { ...email, [audience]: enters !== undefined },
      context: { personas: { computation_class: 'audience', computation_id: 'aud_1', computation_key: audience } },
      timestamp,
    };
  });
}

/** A call as fixtures write it; the stand-in has seen to its path. */
function asWritten({ method, listId, ids }: LoggedCall) {
  const path = `/console/v1/segments${listId === undefined ? '' : `/${listId}`}`;
  return method === 'PATCH' || method === 'DELETE' ? { method, path: `${path}/id_list`, ids } : { method, path };
}

/** Calls of a list are in order; between lists there is none. Creating one names no list in its path. */
function byList(calls: readonly ConsoleCall[]): Record<string, readonly object[]> {
  const lists: Record<string, object[]> = {};
  for (const { ids, count, ...call } of calls) {
    const list = call.path.split('/')[4] ?? 'new';
    lists[list] ??= [];
    lists[list].push({ ...call, ...(ids && { ids: [...ids].sort() }), ...(count !== undefined && { count }) });
  }
  return lists;
}

/** Counts the ids where the fixture does so. */
function likeExpected(calls: readonly ReturnType<typeof asWritten>[], expected: readonly ConsoleCall[]): ConsoleCall[] {
  const counts = new Set(expected.flatMap(({ count }) => count ?? []));
  return calls.map(({ ids, ...call }) => {
    if (ids === undefined) return call;
    return counts.has(ids.length) ? { ...call, count: ids.length } : { ...call, ids };
  });
}

/** Everything from the events to the Console API but the HTTP routes, with a clock that jumps from one appointment to the next. */
async function startLine(context: TestContext, { settings = {}, segments }: SequenceFixture) {
  const clock = new FakeClock();
  const statsig = await startConsole(context, { now: clock.now });
  for (const [id, { ids = [], ...parts }] of Object.entries(segments))
    statsig.make(id, { ...parts, ids: new Set(ids) });
  const workspace = compiledWorkspace({ ...settings, consoleKey: CONSOLE_KEY, consoleUrl: statsig.url });
  const outbox = memoryOutbox({ ...ROOMY, now: clock.now });
  const idLists = openIdLists(context, { clock });
  let onOutcome = () => {};
  const dispatcher = createDispatcher({
    outbox,
    resolve(_workspaceId, target) {
      const listId = listOfTarget(target);
      return listId === undefined || !workspace.audiences
        ? { kind: 'no target', why: 'no settings for this target' }
        : idLists.targetOf(workspace.audiences, listId);
    },
    now: clock.now,
    random: () => 0.5,
    after: clock.after,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    onOutcome: () => onOutcome(),
  });
  dispatcher.start();
  context.after(async () => {
    const stopped = dispatcher.stop(0);
    clock.advance(0);
    await stopped;
  });
  const ingest = createIngest(outbox, clock.now);
  return {
    statsig,
    outbox,
    /** Takes the events in and waits until nothing waits. */
    async take(events: readonly object[]): Promise<void> {
      for (const result of await ingest.accept(workspace, events, { origin: 'webhook', coversAll: true }))
        assert.notEqual(result.kind, 'invalid');
      while (outbox.lanes().length > 0) {
        const outcome = new Promise<'outcome'>((resolve) => {
          onOutcome = () => resolve('outcome');
        });
        if ((await Promise.race([clock.nextIn(), outcome])) !== 'outcome' && clock.pending > 0) await clock.skip();
      }
    },
  };
}

async function describeLetters(outbox: Pick<Outbox, 'deadLetters'>) {
  const letters: DeadLetter[] = [];
  for await (const letter of outbox.deadLetters()) letters.push(letter);
  const ids = letters.map(({ payload }) => String(JSON.parse(payload).id)).sort();
  return { ids, answers: letters.map(({ reason, answer }) => `${reason}: ${answer}`) };
}

for (const [file, fixture] of loadFixtures<SequenceFixture>('audiences/sequences')) {
  test(`${file}: ${fixture.title}`, async (context) => {
    const { requests, lists, deadLetters = [] } = fixture.expect;
    const { statsig, outbox, take } = await startLine(context, fixture);
    for (const window of fixture.windows) await take(window.flatMap(eventsOf));

    assert.deepEqual(byList(likeExpected(statsig.calls.map(asWritten), requests)), byList(requests));
    assert.deepEqual([...statsig.lists.keys()].sort(), Object.keys(lists).sort());
    for (const [id, members] of Object.entries(lists)) {
      if (typeof members === 'number') assert.equal(statsig.idsOn(id).length, members);
      else assert.deepEqual(statsig.idsOn(id), [...members].sort());
    }
    const left = await describeLetters(outbox);
    assert.deepEqual(left.ids, deadLetters.flatMap(({ ids }) => ids).sort());
    for (const { says } of deadLetters)
      assert.ok(
        left.answers.some((answer) => answer.startsWith('rejected: ') && answer.includes(says)),
        String(left.answers),
      );
  });
}
