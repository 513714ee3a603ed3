// Calls of `/api`: JSON both ways, and errors with the words of the process.

import { parseJson } from './json.js';

/** An answer that is no success, or none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Of the error table; undefined where the answer was not the process's. */
  readonly code: string | undefined;
  /** The answer as it came, where it was JSON. */
  readonly body: unknown;

  /** @param message for the reader */
  constructor(message: string, status: number, code?: string, body?: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

/** What is done when the process no longer knows who asks. Set once, by the session. */
let onSignedOut: () => void = () => {};

/** Sets what is done when an answer is 401. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

const fieldOf = (body: unknown, name: string): string | undefined => {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The error that a failed answer is. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body = parseJson(await response.text().catch(() => ''));
  const code = fieldOf(body, 'error');
  const message = fieldOf(body, 'message') ?? code ?? `The process answered ${response.status}.`;
  if (response.status === 401) onSignedOut();
  // The code stands before the message, for logs.
  return new ApiError(message.replace(`${code}: `, ''), response.status, code, body);
}

/**
 * Makes a call and leaves the body to the caller. Paths begin with `/api` and are told from the page's own address: a proxy may put all of it below a path.
 *
 * @throws ApiError also where there is no answer
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`..${path}`, { credentials: 'same-origin', cache: 'no-store', ...init }).catch(
    (error: unknown) => {
      if (init.signal?.aborted) throw error;
      throw new ApiError('The process does not answer. Is it running?', 0);
    },
  );
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** Reads. @param signal ends it @throws ApiError */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await request(path, signal === undefined ? {} : { signal });
  return (await response.json()) as Answer;
}

/** Does something. An answer without a body is `undefined`. @throws ApiError */
export async function post<Answer>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<Answer> {
  const response = await request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  return parseJson(await response.text()) as Answer;
}

/** A path with a query; values that are `undefined` or empty are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return path;
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
