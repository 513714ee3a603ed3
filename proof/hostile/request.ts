// Requests of the attempts, and what came back in a few words.

import { writeCase } from '../fuzz/case.js';
import type { HostileRig } from './rig.js';

/** A request; POST unless it says otherwise. */
export interface HostileRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | object;
  readonly isChunked?: boolean;
}

/** An answer, read. */
export interface HostileAnswer {
  /** 0: the connection ended without one. */
  readonly status: number;
  readonly text: string;
  /** Of the error table, or empty. */
  readonly code: string;
}

function bytesOf(body: HostileRequest['body']): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function codeOf(text: string): string {
  return /"(?:error|code)":"([A-Z_]+)[":]/.exec(text.slice(0, 2_000))?.[1] ?? '';
}

/** Sends one request. */
export async function send(rig: HostileRig, request: HostileRequest): Promise<HostileAnswer> {
  const { method = 'POST', path, headers = {}, body, isChunked } = request;
  const bytes = writeCase(
    {
      server: 'alone',
      route: '',
      method,
      target: path,
      headers: Object.entries(headers),
      body: bytesOf(body),
      framing: isChunked ? 'chunked' : 'length',
      meant: undefined,
    },
    rig.authority,
  );
  const outcome = await rig.client.send({ bytes, isHead: method === 'HEAD' });
  if (outcome.kind !== 'answered')
    return { status: 0, text: outcome.kind === 'closed' ? outcome.why : outcome.kind, code: '' };
  const text = outcome.answer.body.toString();
  return { status: outcome.answer.status, text, code: codeOf(text) };
}

/** `413 BODY_TOO_LARGE`. */
export function describeAnswer({ status, code, text }: HostileAnswer): string {
  if (status === 0) return `no answer (${text})`;
  return code === '' ? String(status) : `${status} ${code}`;
}

/** What came back, each kind once with its number: `400 BODY_NOT_JSON × 3`. */
export function describeAll(answers: readonly HostileAnswer[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(describeAnswer(answer), (counts.get(describeAnswer(answer)) ?? 0) + 1);
  return [...counts].map(([words, count]) => (count === 1 ? words : `${words} × ${count}`)).join(', ');
}

/** True for an answer that is neither a fault of ours nor none at all. */
export function isCivil({ status, code }: HostileAnswer): boolean {
  return status >= 200 && status < 600 && status !== 500 && code !== 'INTERNAL';
}
