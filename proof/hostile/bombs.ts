// Few bytes that become many, and many bytes that were not announced.

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { MAX_UNPROVEN_BYTES } from '../../src/sources/request-limits.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { insiderHeaders, SEGMENT_PATH, STATSIG_PATH } from './insider.js';
import { describeAll, type HostileAnswer, isCivil, send } from './request.js';
import { type HostileRig, memoryOf } from './rig.js';

const MB = 1_000_000;

/** Small limits, so that it takes little to pass them. */
const MAX_BODY = 16 * MB;
const MAX_IN_FLIGHT = 32 * MB;

/** Memory for what the limit allows, its parsed form and what the collector has not taken back yet. */
const ALLOWED_MIB = 300;

const ENCODERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

const PATHS = [
  '/v0/destinations/statsig',
  '/routerTransform',
  SEGMENT_PATH,
  STATSIG_PATH,
  '/v1/track',
  '/deleteUsers',
  '/v2/sources/statsig',
];

/** The most memory that the process has meanwhile, above what it has now, in MiB. */
async function growth<T>(rig: HostileRig, run: () => Promise<T>): Promise<readonly [T, number]> {
  const before = memoryOf(rig);
  let most = before;
  const timer = setInterval(() => {
    if (rig.isUp()) most = Math.max(most, memoryOf(rig));
  }, 10);
  try {
    return [await run(), Math.round(most - before)];
  } finally {
    clearInterval(timer);
  }
}

function bomb(encoding: keyof typeof ENCODERS): Attempt {
  return {
    what: `a ${encoding} bomb: 64 MB of blanks where 16 MB are allowed`,
    promise: '413 on every route; no more than the limit is unpacked',
    async run(rig) {
      const body = ENCODERS[encoding](Buffer.alloc(4 * MAX_BODY, ' '));
      const headers = { 'Content-Encoding': encoding };
      const [answers, grown] = await growth(rig, async () => {
        const all = [];
        for (const path of PATHS)
          all.push(await send(rig, { path, headers: { ...insiderHeaders(path, body), ...headers }, body }));
        return all;
      });
      return {
        seen: `${body.length} bytes: ${describeAll(answers)}; grown by ${grown} MiB`,
        held: answers.every(({ status }) => status === 413 || status === 401) && grown < ALLOWED_MIB,
      };
    },
  };
}

const ZEROS = '0'.repeat(40);

/** Public routes that need the body to tell who sends it, and a proof in the right form. */
const UNPROVEN: readonly (readonly [after: string, before: string, headers: Readonly<Record<string, string>>])[] = [
  ['', '/segment', { 'X-Signature': ZEROS }],
  ['', '/statsig', { 'X-Statsig-Signature': `v0=${'0'.repeat(64)}`, 'X-Statsig-Request-Timestamp': '1790000000000' }],
  ['/audiences/create', '/segment', {}],
  ['/audiences/get', '/segment', {}],
];

const strangersBomb: Attempt = {
  what: 'a few hundred bytes of brotli that hold 190 MB, with a wrong signature or none, ten times at each public route that asks the body who sends it',
  promise: `413: 8 MiB of a webhook and 64 KiB of an audience's call are unpacked, the same for a workspace that does not exist; grown by ${ALLOWED_MIB} MiB at most`,
  async run(rig) {
    const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 5 };
    const body = brotliCompressSync(Buffer.alloc(190 * MB, ' '), { params });
    const [answers, grown] = await growth(rig, async () => {
      const all = [];
      for (const [after, before, proof] of UNPROVEN)
        for (const id of ['acme', 'nowhere'])
          for (let round = 0; round < 10; round++)
            all.push(
              await send(rig, {
                path: `${before}/${id}${after}`,
                headers: { ...proof, 'Content-Encoding': 'br' },
                body,
              }),
            );
      return all;
    });
    const isLimited = ({ status, text }: HostileAnswer) =>
      status === 413 && (text.includes(`limit ${MAX_UNPROVEN_BYTES} `) || text.includes('limit 65536 '));
    return {
      seen: `${body.length} bytes: ${describeAll(answers)}; grown by ${grown} MiB`,
      held: answers.every(isLimited) && grown < ALLOWED_MIB,
    };
  },
};

const manyBombs: Attempt = {
  what: '40 gzip bombs at once, each just within the limit (16 MB)',
  promise: `no more is held than MAX_BYTES_IN_FLIGHT (32 MB): 503 OVERLOADED beyond, memory grows by ${ALLOWED_MIB} MiB at most`,
  async run(rig) {
    const body = gzipSync(`[${' '.repeat(MAX_BODY - 100)}]`);
    const headers = { 'Content-Encoding': 'gzip' };
    const [answers, grown] = await growth(rig, () =>
      Promise.all(Array.from({ length: 40 }, () => send(rig, { path: '/v0/destinations/statsig', headers, body }))),
    );
    return {
      seen: `${describeAll(answers)}; grown by ${grown} MiB`,
      held: answers.every(isCivil) && grown < ALLOWED_MIB,
    };
  },
};

const nested: Attempt = {
  what: 'gzip in gzip in gzip, and a list of encodings',
  promise: 'unpacked once: 400; 415 for the list',
  async run(rig) {
    const inner = gzipSync(gzipSync(gzipSync(Buffer.alloc(10 * MB, ' '))));
    const path = '/v0/destinations/statsig';
    const answers = [
      await send(rig, { path, body: inner, headers: { 'Content-Encoding': 'gzip' } }),
      await send(rig, { path, body: inner, headers: { 'Content-Encoding': 'gzip, gzip, gzip' } }),
    ];
    return { seen: describeAll(answers), held: answers[0]?.status === 400 && answers[1]?.status === 415 };
  },
};

/** Sends a chunked body without an end. */
function startEndless(rig: HostileRig, bytes: number): { readonly end: () => void } {
  const socket = connect({ port: rig.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(
    `POST /v0/destinations/statsig HTTP/1.1\r\nHost: ${rig.authority}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const chunk = Buffer.concat([Buffer.from(`${MB.toString(16)}\r\n`), Buffer.alloc(MB, ' '), Buffer.from('\r\n')]);
  for (let sent = 0; sent < bytes; sent += MB) socket.write(chunk);
  return { end: () => socket.destroy() };
}

const unannounced: Attempt = {
  what: '40 chunked bodies of 12 MB that never end',
  promise: `what was not announced counts as it comes: memory grows by ${ALLOWED_MIB} MiB at most`,
  async run(rig) {
    const [, grown] = await growth(rig, async () => {
      const all = Array.from({ length: 40 }, () => startEndless(rig, 12 * MB));
      await sleep(2_500);
      for (const { end } of all) end();
    });
    return { seen: `grown by ${grown} MiB`, held: grown < ALLOWED_MIB };
  },
};

const announced: Attempt = {
  what: '100 bodies of 16 MB announced, none sent',
  promise: 'bytes that are only announced keep no request out',
  async run(rig) {
    const sockets = Array.from({ length: 100 }, () => {
      const socket = connect({ port: rig.port, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.write(
        `POST /v0/destinations/statsig HTTP/1.1\r\nHost: ${rig.authority}\r\nContent-Length: ${MAX_BODY}\r\n\r\n`,
      );
      return socket;
    });
    await sleep(300);
    const meanwhile = await send(rig, { path: '/v0/destinations/statsig', body: '[]' });
    for (const socket of sockets) socket.destroy();
    await sleep(300);
    const after = await send(rig, { path: '/v0/destinations/statsig', body: '[]' });
    const seen = `meanwhile ${describeAll([meanwhile])}, then ${describeAll([after])}`;
    return { seen, held: meanwhile.status === 200 && after.status === 200 };
  },
};

/** Large answers that are not read. */
const unread: Attempt = {
  what: '30 clients that ask for answers of 7 MB and read none',
  promise: 'ordinary requests are answered beside them and behind them',
  async run(rig) {
    const body = `[${'{},'.repeat(19_999)}{}]`;
    const head = `POST /v0/destinations/statsig HTTP/1.1\r\nHost: ${rig.authority}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const [complaint, grown] = await growth(rig, async () => {
      const sockets = Array.from({ length: 30 }, () => {
        const socket = connect({ port: rig.port, host: '127.0.0.1' });
        socket.on('error', () => {}).pause();
        socket.write(head + body);
        return socket;
      });
      await sleep(2_000);
      const beside = await rig.control();
      for (const socket of sockets) socket.destroy();
      return beside ?? (await rig.control());
    });
    return { seen: `${complaint ?? 'answered'}; grown by ${grown} MiB`, held: complaint === undefined };
  },
};

/** A target that answers with a bomb, 200 MB in 200 KB. */
const bombAnswer: Attempt = {
  what: 'Statsig answers a delivery with a gzip bomb of 200 MB, ten times at once',
  promise: `a target's answer is read to its first kilobytes: memory grows by ${ALLOWED_MIB} MiB at most`,
  async run(rig) {
    const bytes = gzipSync(Buffer.alloc(200 * MB, 'x'));
    rig.answerWith((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(bytes),
    );
    const body = {
      version: '1',
      type: 'REST',
      method: 'POST',
      endpoint: `${rig.statsigUrl}/v1/log_event`,
      headers: {},
      params: {},
      body: { JSON: { events: [] } },
      metadata: [{ jobId: 1 }],
    };
    const [answers, grown] = await growth(rig, () =>
      Promise.all(Array.from({ length: 10 }, () => send(rig, { path: '/v1/destinations/statsig/proxy', body }))),
    );
    rig.answerWith(undefined);
    return {
      seen: `${describeAll(answers)}; grown by ${grown} MiB`,
      held: answers.every(isCivil) && grown < ALLOWED_MIB,
    };
  },
};

/** Bodies that are more than they look. */
export const HOSTILE_BOMBS: AttemptGroup = {
  title: 'Bombs',
  isEachAlone: true,
  options: { environment: { MAX_BODY_BYTES: String(MAX_BODY), MAX_BYTES_IN_FLIGHT: String(MAX_IN_FLIGHT) } },
  attempts: [
    bomb('gzip'),
    bomb('deflate'),
    bomb('br'),
    strangersBomb,
    nested,
    manyBombs,
    unannounced,
    announced,
    unread,
    bombAnswer,
  ],
};
