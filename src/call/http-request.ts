// An HTTP request before it is sent: what is sent, and what dry runs and testers show, are this one thing.

import { Secret } from '../base/secret.js';

/** One request. Secrets stay in their box until it is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string | Secret>>;
  /** Text as it is before compression. */
  readonly body?: string;
}

/** A header that cannot be sent. The message does not hold its value, which may be a key. */
export class UnsendableHeaderError extends Error {
  constructor(name: string) {
    super(`The value of the header ${name} has characters that no header may have.`);
  }
}

/** The host of an address, as in `https://api.segment.io`; text that is no address, which is told when a request is made of it, stands for itself. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/** The headers as they are sent, secrets and all. @throws UnsendableHeaderError */
export function headersToSend({ headers }: HttpRequest): Headers {
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    try {
      sent.set(name, value instanceof Secret ? value.reveal() : value);
    } catch {
      throw new UnsendableHeaderError(name);
    }
  }
  return sent;
}

/** The headers as they are sent, secrets and all, for anyone who sends them by other means. */
export function revealHeaders({ headers }: HttpRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}

/** The headers as people may see them, with their names as they are sent. */
export function headersToShow({ headers }: HttpRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** The secrets that the request holds. */
export function secretsOf({ headers }: HttpRequest): readonly string[] {
  return Object.values(headers).flatMap((value) => (value instanceof Secret ? [value.reveal()] : []));
}
