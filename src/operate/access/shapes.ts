// What the session's routes take and answer.

/** What somebody may do: `read` looks, `write` changes, too. */
export type Role = 'read' | 'write';

/** Body of POST /api/session: one of the two. */
export type SignInBody = { readonly token: string } | { readonly link: string };

/** Who asks. */
export interface SessionAnswer {
  readonly role: Role;
  /** Milliseconds since 1970; missing where the request showed a token. */
  readonly expiresAt?: number;
}

/** A link that signs in, once. */
export interface LinkAnswer {
  /** From the root of this process: `/console/#link=…`. */
  readonly link: string;
  readonly role: Role;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}
