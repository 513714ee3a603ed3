// Carries the requests of the OAuth library: bounded, with our deadline, and never to another host.

import { Secret } from '../../base/secret.js';
import { callPatiently, isTurnedAway, type Patience, wholeAnswer } from '../patient-call.js';

/** What the library hands over for one request. */
interface LibraryRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A `fetch` for the library. A code counts once, so that a request is only made again where it was turned away before anything was done. */
export function tokenFetch(patience: Patience) {
  return async (url: string, { headers, body }: LibraryRequest): Promise<Response> => {
    const { authorization = '', ...others } = headers;
    const request = {
      method: 'POST',
      url,
      headers: { ...others, authorization: new Secret(authorization) },
      body: String(body),
    } as const;
    const { status, body: text } = wholeAnswer(await callPatiently(request, patience, isTurnedAway), url);
    // A redirect has no body that a response could be made of; its place is not gone to.
    return new Response(text, { status, headers: { 'content-type': 'application/json' } });
  };
}
