// Statsig as the fixtures of deletions write it: which calls are expected, and what each is answered.

import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import nock from 'nock';

const DELETE_URL = 'https://api.statsig.com/v1/delete_user_data';
const EVENTS_URL = 'https://events.statsigapi.net/v1/log_event';
const CONSOLE_ORIGIN = 'https://statsigapi.net';

/** One call to Statsig. */
export interface StatsigCall {
  readonly key: string;
  readonly url?: string;
  /** Ids it asks to delete. */
  readonly deletes?: readonly string[];
  /** Instead, where there are too many to list. */
  readonly deletesCount?: number;
  /** Not the id itself: equal words stand for equal ids, others for others. */
  readonly requestId?: string;
  /** Users of the events it logs. */
  readonly logs?: readonly string[];
  /** A call to the Console API: looks at a list, or changes it by these ids. */
  readonly list?: {
    readonly method: 'GET' | 'PATCH' | 'DELETE';
    readonly id: string;
    readonly ids?: readonly string[];
  };
  /** No other call may be under way when it comes. */
  readonly alone?: true;
  /** Default: Statsig's yes. */
  readonly reply?: {
    readonly status?: number;
    readonly body?: object;
    readonly headers?: Readonly<Record<string, string>>;
    /** Milliseconds until it comes. */
    readonly afterMs?: number;
    /** The connection fails with this code instead. */
    readonly error?: string;
  };
}

type Reply = NonNullable<StatsigCall['reply']>;

interface Body {
  readonly [field: string]: unknown;
  readonly ids?: string | readonly string[];
  readonly events?: readonly { readonly user: { readonly userID: string } }[];
}

/** Method and URL. */
function placeOf({ url, logs, list }: StatsigCall): string {
  if (list === undefined) return `POST ${url ?? (logs === undefined ? DELETE_URL : EVENTS_URL)}`;
  return `${list.method} ${CONSOLE_ORIGIN}/console/v1/segments/${list.id}${list.method === 'GET' ? '' : '/id_list'}`;
}

/** The users a call is about, in the order of the alphabet. */
function usersOf({ events, unit_type, ids, delimiter = ',', request_id, ...others }: Body): string[] {
  if (events !== undefined) return events.map(({ user }) => user.userID).sort();
  if (typeof ids !== 'string') return [...(ids ?? [])].sort();
  assert.deepEqual([unit_type, typeof request_id, others], ['user_id', 'string', {}]);
  return ids.split(String(delimiter)).sort();
}

/** nock gives a compressed body in hexadecimal digits. */
function readBody(body: unknown): Body {
  if (typeof body !== 'string') return body as Body;
  if (body === '') return {};
  return JSON.parse(/^[\da-f]+$/.test(body) ? gunzipSync(Buffer.from(body, 'hex')).toString() : body);
}

/** Statsig's yes. Every list there is holds ids of users. */
function yesTo(url: string, { events, request_id }: Body): object {
  if (!url.startsWith(CONSOLE_ORIGIN)) return events === undefined ? { request_id } : { success: true };
  return { message: 'ok', data: { id: url.split('/')[6], type: 'id_list', idType: 'userID', count: 0 } };
}

/** What one fixture expects of Statsig. */
function createExpectations() {
  const expected: StatsigCall[] = [];
  const faults: unknown[] = [];
  const requestIds = new Map<string, unknown>();
  let underWay = 0;

  function take(place: string, key: string, body: Body): Reply {
    const index = expected.findIndex((call) => call.key === key && placeOf(call) === place);
    const [call] = index === -1 ? [] : expected.splice(index, 1);
    assert.ok(call, `no expectation of a call with ${key}, ${place}: ${JSON.stringify(body).slice(0, 300)}`);
    const users = usersOf(body);
    if (call.deletesCount === undefined)
      assert.deepEqual(users, [...(call.deletes ?? call.logs ?? call.list?.ids ?? [])].sort());
    else assert.equal(users.length, call.deletesCount);
    if (call.alone) assert.equal(underWay, 0, `calls under way when ${users} are deleted`);
    const { requestId, reply = {} } = call;
    if (requestId === undefined) return reply;
    for (const [word, id] of requestIds)
      assert.equal(id === body.request_id, word === requestId, `request_id of the ${requestId}`);
    requestIds.set(requestId, body.request_id);
    return reply;
  }

  return {
    /** Adds calls to the expected ones. */
    expect: (calls: readonly StatsigCall[]) => expected.push(...calls),
    /** True when no call is missing; throws what was wrong with those that came. */
    isDone(): boolean {
      if (faults.length > 0) throw faults[0];
      return expected.length === 0;
    },
    /** Answers a call; `done` is told when the answer is given. */
    answer(place: string, key: string, body: Body): { readonly reply: Reply; readonly done: () => void } {
      let reply: Reply = {};
      try {
        reply = take(place, key, body);
      } catch (fault) {
        faults.push(fault);
      }
      underWay += 1;
      const done = () => {
        underWay -= 1;
      };
      return { reply, done };
    },
  };
}

type Expectations = ReturnType<typeof createExpectations>;

/**
 * Takes every request to Statsig, with nock, because RudderStack's jobs are sent to the default hosts. Whose it is the key tells, so that fixtures with
 * keys of their own can run at the same time.
 *
 * @param calls every call that will ever be expected
 */
export function startStatsig(calls: readonly StatsigCall[]) {
  const byKey = new Map<string, Expectations>();
  const strangers: string[] = [];
  const lists = calls.flatMap(({ list, key }) => (list === undefined ? [] : [{ id: list.id, key }]));
  const anyOfLists = lists.flatMap(({ id, key }) =>
    (['GET', 'PATCH', 'DELETE'] as const).map((method) => ({ key, list: { method, id } })),
  );
  for (const place of new Set([
    `POST ${DELETE_URL}`,
    `POST ${EVENTS_URL}`,
    ...[...calls, ...anyOfLists].map(placeOf),
  ])) {
    const [method = '', url = ''] = place.split(' ');
    const { origin, pathname } = new URL(url);
    const scope = nock(origin).persist();
    scope.intercept(pathname, method).reply(function (_uri, sent, give) {
      const body = readBody(sent);
      const key = String(this.req.headers['statsig-api-key']);
      const expectations = byKey.get(key);
      if (expectations === undefined) {
        strangers.push(key);
        return give(null, [401]);
      }
      const { reply, done } = expectations.answer(place, key, body);
      const { status = 200, headers = {}, error, afterMs = 0 } = reply;
      const failure = error === undefined ? null : Object.assign(new Error(error), { code: error });
      setTimeout(() => {
        done();
        give(failure, [status, JSON.stringify(reply.body ?? (status === 200 ? yesTo(url, body) : {})), headers]);
      }, afterMs);
    });
  }
  return {
    /** Keys of calls that were not opened. */
    strangers: strangers as readonly string[],
    /** Expects calls with these keys. */
    open(keys: readonly string[]): Expectations {
      const expectations = createExpectations();
      for (const key of keys) byKey.set(key, expectations);
      return expectations;
    },
  };
}
