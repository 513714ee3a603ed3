// One request of the fuzzer: how it is written to the wire, and how a person repeats it.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How the end of the body is told. `longer`, `shorter`: Content-Length is wrong. */
export type Framing = 'length' | 'chunked' | 'longer' | 'shorter';

/** A request, ready to be sent. */
export interface FuzzCase {
  /** Which process: the one on its own, or the one with a transformer behind it. */
  readonly server: 'alone' | 'behind';
  /** Method and path as the manifest writes them. */
  readonly route: string;
  readonly method: string;
  /** Path and query to the letter. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly framing: Framing;
  /** What the body holds once it is decoded; `undefined` where it cannot be decoded. */
  readonly meant: Buffer | undefined;
  /** The same in other words: has to get the same answer. */
  readonly twin?: { readonly target: string; readonly body: Buffer };
}

function chunked(body: Buffer): Buffer {
  const middle = body.length >> 1;
  const chunks = [body.subarray(0, middle), body.subarray(middle)].filter((chunk) => chunk.length > 0);
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Bytes by which a wrong length is wrong. */
const OFF_BY = 7;

function lengthOf({ framing, body }: FuzzCase): number {
  if (framing === 'longer') return body.length + OFF_BY;
  return framing === 'shorter' ? Math.max(0, body.length - OFF_BY) : body.length;
}

/** True where the server cannot know the end of the request. */
export function breaksFraming({ framing }: FuzzCase): boolean {
  return framing === 'longer' || framing === 'shorter';
}

/** The bytes of the request. @param authority host and port */
export function writeCase(fuzzCase: FuzzCase, authority: string): Buffer {
  const { method, target, headers, framing, body } = fuzzCase;
  const ending = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${lengthOf(fuzzCase)}`;
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${authority}`, ending];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, framing === 'chunked' ? chunked(body) : body]);
}

/** Bytes that are shown in full; more go into a file. */
const MAX_SHOWN = 1_500;

/** For `printf` in a shell, in single quotes. */
function escapeBytes(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === '\\') text += '\\\\';
    else if (character === '%') text += '%%';
    else if (byte < 0x20 || byte > 0x7e || character === "'") text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += character;
  }
  return text;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command that writes the bytes to its output. */
function printCommand(bytes: Buffer): string {
  if (bytes.length <= MAX_SHOWN) return `printf '${escapeBytes(bytes)}'`;
  const file = join(tmpdir(), `fuzz-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`);
  writeFileSync(file, bytes);
  return `cat ${file}`;
}

/** Whether curl can write it as it was. */
function suitsCurl({ framing, headers, method, target }: FuzzCase): boolean {
  const isPlain = [method, target, ...headers.flat()].every((text) => /^[\x20-\x7e]*$/.test(text));
  return isPlain && target.startsWith('/') && (framing === 'length' || framing === 'chunked');
}

/** A line for the shell that sends the request again. @param authority host and port */
export function describeCase(fuzzCase: FuzzCase, authority: string): string {
  const { method, target, headers, framing, body } = fuzzCase;
  if (!suitsCurl(fuzzCase))
    return `${printCommand(writeCase(fuzzCase, authority))} | nc -N ${authority.replace(':', ' ')}`;
  const flags = headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  if (framing === 'chunked') flags.push("-H 'Transfer-Encoding: chunked'");
  if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) flags.push("-H 'Content-Type:'");
  const how = method === 'HEAD' ? '--head' : `-X ${method}`;
  const url = quote(`http://${authority}${target}`);
  return `${printCommand(body)} | curl -sS -i --path-as-is -g ${how} ${flags.join(' ')} --data-binary @- ${url}`;
}
