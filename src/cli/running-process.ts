// Finds the running process that a command is about, and asks it through its /api.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseJson } from '../base/json.js';
import { Secret } from '../base/secret.js';
import { complain } from '../base/terminal.js';
import { callHttp } from '../call/http-call.js';
import { hostOf } from '../call/http-request.js';
import { redactText } from '../call/redaction.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { ADMIN_TOKEN_FILE } from '../operate/access/loopback-token.js';
import { declaredRoute } from '../settings/declared-route.js';
import { ProcessSettingsError, readProcessSettings } from '../settings/process.js';
import { isYes } from './ask-line.js';

/** The process that is asked, and its token. */
export interface RunningProcess {
  readonly url: string;
  readonly token: string;
}

/** Milliseconds for an answer: to delete or to list all that a full outbox holds takes a part of it. */
const PATIENCE_MS = 300_000;

/** Characters of a foreign answer, which may be a web page. */
const MAX_QUOTED = 200;

/** What cannot be done, as a sentence for people. */
export class CommandError extends Error {
  /** What the command ends with. */
  readonly exitCode: number = 1;
}

/** There is nothing of what was asked for: a script can tell it from what was done, and from what could not be done. */
export class NothingFound extends CommandError {
  override readonly exitCode = 3;
}

/**
 * The process at this address with the token of this environment, or of the file beside the outbox.
 *
 * @param url default: this machine, PORT
 * @throws CommandError without a token
 */
export function findProcess(url: string | undefined): RunningProcess {
  const { adminToken, adminReadToken, outboxDirectory, port } = readProcessSettings(process.env);
  // The routes begin with a slash of their own.
  const address = (url ?? `http://127.0.0.1:${port}`).replace(/(?<!\/)\/+$/, '');
  if (adminToken !== undefined) return { url: address, token: adminToken.reveal() };
  const file = join(dirname(outboxDirectory), ADMIN_TOKEN_FILE);
  try {
    return { url: address, token: readFileSync(file, 'utf8') };
  } catch {
    // Enough for what changes nothing.
    if (adminReadToken !== undefined) return { url: address, token: adminReadToken.reveal() };
    throw new CommandError(`No token: set ADMIN_TOKEN to that of the process, or run this where ${file} is.`);
  }
}

/** What a request says beside its route. */
export interface Asked {
  readonly query?: URLSearchParams;
  readonly body?: object;
  /** Milliseconds for the answer. */
  readonly timeoutMs?: number;
}

/**
 * Makes one request.
 *
 * @param name of a route of the protocol `operations`
 * @returns text of the answer
 * @throws CommandError when no one answers, or not in time, or the answer is no 2xx
 */
export async function askProcess(
  { url, token }: RunningProcess,
  name: string,
  { query, body, timeoutMs = PATIENCE_MS }: Asked = {},
): Promise<string> {
  const route = declaredRoute('operations', name);
  if (route === undefined) throw new CommandError('manifest.json declares no routes for operators.');
  const headers = { authorization: new Secret(`Bearer ${token}`) };
  const address = `${url}${route.path}${query === undefined ? '' : `?${query}`}`;
  const request = { method: route.method, url: address, headers, ...(body && { body: JSON.stringify(body) }) } as const;
  const answer = await callHttp(request, { timeoutMs, maxResponseBytes: Number.POSITIVE_INFINITY, isDocument: true });
  if (answer.kind === 'unanswered') {
    // Without the user and the password that it may hold.
    const where = URL.canParse(url) ? hostOf(url) : 'this address, which is no URL: it begins with http:// or https://';
    if (answer.reason === 'timeout')
      throw new CommandError(
        `No answer from ${where} within ${timeoutMs / 1000} s. What was asked may be done all the same: look before you ask again.`,
      );
    throw new CommandError(`No statsig-cdp answers at ${where}.`);
  }
  // Anyone who answers at a wrong address may repeat the request.
  const text = redactText(answer.body, [token]);
  if (answer.status < 200 || answer.status >= 300) throw new CommandError(refusalOf(answer.status, text, url));
  if (answer.rest !== 'none') throw new CommandError('The answer broke off.');
  return text;
}

/** What an answer that is no 2xx says, in its own sentence where it is this plugin's. */
function refusalOf(status: number, text: string, url: string): string {
  const answer = parseJson(text);
  if (isJsonObject(answer) && typeof answer.message === 'string') return answer.message;
  return `${hostOf(url)} answered ${status}${text === '' ? '' : `: ${text.slice(0, MAX_QUOTED)}`}. Is it the private port of a statsig-cdp?`;
}

/** Makes one request to which a JSON object is answered. @throws CommandError as `askProcess`, and for an answer of something else than this plugin */
export async function askForObject(peer: RunningProcess, name: string, asked: Asked = {}): Promise<JsonObject> {
  return readObject(await askProcess(peer, name, asked), peer);
}

/** @param text what the process answered, or a line of it @throws CommandError unless it is a JSON object */
export function readObject(text: string, { url }: Pick<RunningProcess, 'url'>): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw foreignAnswer({ url });
  return value;
}

/** The error for an answer of something else than this plugin. It names the host alone, as a URL may hold a password. */
export function foreignAnswer({ url }: Pick<RunningProcess, 'url'>): CommandError {
  return new CommandError(`What answers at ${hostOf(url)} is no statsig-cdp of this version.`);
}

/** A number of an answer. @throws CommandError for an answer of something else than this plugin, which has none there */
export function numberIn(answer: JsonObject, name: string, peer: Pick<RunningProcess, 'url'>): number {
  const value = answer[name];
  if (typeof value !== 'number') throw foreignAnswer(peer);
  return value;
}

/**
 * Asks a person whether to go on, unless the command says so.
 *
 * @param what is about to happen
 * @throws CommandError where it may not go on
 */
export async function confirmed(what: string, isSaid: boolean | undefined): Promise<void> {
  if (isSaid) return;
  if (!process.stdin.isTTY) throw new CommandError(`${what} Add --yes to do it.`);
  if (!(await isYes(`${what} Go on?`))) throw new CommandError('Nothing was changed.');
}

/** Runs the action of a command; the process exits with 1 when it cannot be done, with 3 where there is nothing of what was asked for. */
export async function runCommand(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ProcessSettingsError)) throw error;
    complain(error.message);
    process.exitCode = error instanceof CommandError ? error.exitCode : 1;
  }
}
