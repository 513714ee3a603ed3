// Stands between a client and PostgreSQL and does it harm at a chosen statement: cuts the connection before the server has it or after it has done it, holds the
// answer back, or falls silent without a word, as a network does.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type Message, MessageCutter, textsOf } from './postgres-messages.js';

/** A statement that came by. */
export interface SeenStatement {
  readonly text: string;
  /** Of the connection, in the order of connecting, from 1. */
  readonly connection: number;
  /** What it changes is there when it is done: a COMMIT, or a statement outside of a transaction. */
  readonly isCommit: boolean;
}

/**
 * What becomes of a statement. `before`: the server never has it. `after`: it is done, and the answer does not arrive. `silent` is the same without an end: neither side
 * hears of the other any more. `held` answers arrive when they are released. A `late` statement arrives then, though its sender has long given it up: a network that was cut delivers what was sent before.
 */
export type Fault = 'cut before' | 'cut after' | 'silent before' | 'silent after' | 'held' | 'late';

/** A proxy. */
export interface PostgresProxy {
  /** Of the same database, through the proxy. */
  readonly url: string;
  /** Statements since the start, or since `forget`. */
  readonly seen: readonly SeenStatement[];
  /** Connections that are open on one side or the other. */
  readonly connections: number;
  /** Connections that were ever taken. */
  readonly connected: number;
  /** Begins to count anew, without a fault. */
  forget(): void;
  /** Does it to the first statement from now on that is meant. @returns resolves when it was done */
  failAt(which: (statement: SeenStatement, nth: number) => boolean, fault: Fault): Promise<SeenStatement>;
  /** Lets held answers and late statements go. @returns resolves when the server has done the statements */
  release(): Promise<void>;
  /** From now on nothing passes in either direction, on connections there are and on new ones; those are taken. */
  fallSilent(): void;
  /** Closes all connections; new ones are refused until `resume`. */
  refuse(): void;
  /** New connections pass. Those that fell silent stay so. */
  resume(): void;
  close(): Promise<void>;
}

interface Plan {
  which(statement: SeenStatement, nth: number): boolean;
  readonly fault: Fault;
  done(statement: SeenStatement): void;
}

/** What a pair of sockets is doing. */
interface Pair {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
  /** Texts of prepared statements by name. */
  readonly prepared: Map<string, string>;
  /** Not yet sent to the server: the messages of a statement up to its end. */
  pending: Message[];
  text: string;
  /** By the last answer. */
  isInTransaction: boolean;
  /** What happens with the answer that is being given. */
  answer: 'passes' | (typeof ANSWERS)[keyof typeof ANSWERS];
  held: Buffer[];
  isSilent: boolean;
  /** Its statement has not been delivered yet. */
  isLate: boolean;
}

const STATEMENT_ENDS = new Set(['Q', 'S']);
const PARSE = 'P';
const BIND = 'B';
const QUERY = 'Q';
const READY = 'Z';
const IDLE = 'I';

/** What happens with the answer to a statement that the server has. */
const ANSWERS = { 'cut after': 'is cut off', 'silent after': 'is swallowed', held: 'is held' } as const;

function serverOf(url: URL): { readonly path: string } | { readonly host: string; readonly port: number } {
  const port = Number(url.port === '' ? '5432' : url.port);
  const host = url.searchParams.get('host') ?? url.hostname;
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

/** @param target URL of the database, without TLS */
export async function startPostgresProxy(target: string): Promise<PostgresProxy> {
  const url = new URL(target);
  const where = serverOf(url);
  const pairs = new Set<Pair>();
  let seen: SeenStatement[] = [];
  let plan: Plan | undefined;
  let state: 'passes' | 'silent' | 'refuses' = 'passes';
  let connected = 0;

  function cut({ client, server }: Pair): void {
    client.destroy();
    server.destroy();
  }

  function forward(pair: Pair): void {
    pair.server.write(Buffer.concat(pair.pending.map(({ whole }) => whole)));
    pair.pending = [];
  }

  /** @returns what is to be done to it, if anything */
  function look(pair: Pair): Fault | undefined {
    const isCommit = !pair.isInTransaction
      ? !/^\s*(?:begin|start)\b/i.test(pair.text)
      : /^\s*(?:commit|end)\b/i.test(pair.text);
    const statement = { text: pair.text, connection: pair.number, isCommit };
    seen.push(statement);
    if (plan?.which(statement, seen.length) !== true) return undefined;
    const { fault, done } = plan;
    plan = undefined;
    // In the next turn: it has happened by then.
    setImmediate(() => done(statement));
    return fault;
  }

  function pass(pair: Pair): void {
    const fault = look(pair);
    if (fault === 'cut before') cut(pair);
    else if (fault === 'silent before') pair.isSilent = true;
    else if (fault === 'late') pair.isLate = true;
    else {
      if (fault !== undefined) pair.answer = ANSWERS[fault];
      forward(pair);
    }
  }

  function fromClient(pair: Pair, message: Message): void {
    const { type, body } = message;
    if (type === QUERY) pair.text = textsOf(body, 1)[0] ?? '';
    if (type === PARSE) {
      const [name = '', text = ''] = textsOf(body, 2);
      pair.prepared.set(name, text);
    }
    if (type === BIND) pair.text = pair.prepared.get(textsOf(body, 2)[1] ?? '') ?? '';
    pair.pending.push(message);
    // Passwords and the like have no end to wait for; the messages of a statement go together.
    if (STATEMENT_ENDS.has(type)) pass(pair);
    else if (type === '' || type === 'p' || type === 'X') forward(pair);
  }

  function fromServer(pair: Pair, { type, body, whole }: Message): void {
    const isEnd = type === READY;
    if (isEnd) pair.isInTransaction = body.toString('latin1', 0, 1) !== IDLE;
    if (pair.answer === 'passes') pair.client.write(whole);
    if (pair.answer === 'is held') pair.held.push(whole);
    if (isEnd && pair.answer === 'is cut off') cut(pair);
    if (isEnd && pair.answer === 'is swallowed') pair.isSilent = true;
  }

  function take(client: Socket): void {
    if (state === 'refuses') {
      client.destroy();
      return;
    }
    connected += 1;
    const pair: Pair = {
      ...{ number: connected, client, server: connect(where), prepared: new Map(), pending: [], text: '' },
      ...{ isInTransaction: false, answer: 'passes', held: [], isSilent: state === 'silent', isLate: false },
    };
    pairs.add(pair);
    const { server } = pair;
    const requests = new MessageCutter(false);
    const answers = new MessageCutter(true);
    client.on('data', (chunk) => {
      if (!pair.isSilent && !pair.isLate) for (const message of requests.cut(chunk)) fromClient(pair, message);
    });
    server.on('data', (chunk) => {
      if (!pair.isSilent) for (const message of answers.cut(chunk)) fromServer(pair, message);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        // A network that is silent does not tell of an end, either.
        if (!pair.isSilent && !pair.isLate) other.destroy();
        if (client.destroyed && server.destroyed) pairs.delete(pair);
      });
    }
  }

  const listener = createServer(take);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const through = new URL(url);
  through.searchParams.delete('host');
  through.hostname = '127.0.0.1';
  through.port = String(port);

  return {
    url: through.href,
    get seen() {
      return seen;
    },
    get connections() {
      return pairs.size;
    },
    get connected() {
      return connected;
    },
    forget() {
      seen = [];
      plan = undefined;
    },
    failAt: (which, fault) =>
      new Promise((done) => {
        plan = { which, fault, done };
      }),
    async release() {
      for (const pair of pairs) {
        if (pair.isLate) {
          // A server that has ended the connection meanwhile does not end it once more.
          if (!pair.server.destroyed) {
            forward(pair);
            // The end of the connection comes behind it.
            pair.server.end();
            await once(pair.server, 'close');
          }
          cut(pair);
        }
        if (pair.answer !== 'is held') continue;
        pair.answer = 'passes';
        for (const whole of pair.held) pair.client.write(whole);
        pair.held = [];
      }
    },
    fallSilent() {
      state = 'silent';
      for (const pair of pairs) pair.isSilent = true;
    },
    refuse() {
      state = 'refuses';
      for (const pair of pairs) cut(pair);
    },
    resume() {
      state = 'passes';
    },
    async close() {
      listener.close();
      for (const pair of pairs) cut(pair);
      await once(listener, 'close');
    },
  };
}
