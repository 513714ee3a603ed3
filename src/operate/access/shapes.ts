// What the session's routes take and answer.

/** What somebody may do: `read` looks, `write` changes, too. */
export type Role = 'read' | 'write';

/** Body of POST /api/session: one of the two. */
export type SignInBody = { readonly token: string } | { readonly link: string };

/** Who asks. */
export interface SessionAnswer {
  /** `none`: the request shows neither a token nor a cookie. */
  readonly role: Role | 'none';
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

/** The routes of sessions. */
export interface SessionRoutes {
  /** Says who asks, and until when: a page asks it before it knows whether somebody has signed in. */
  readonly session: {
    role: 'none';
    answer: SessionAnswer;
    errors: 'ADMIN_REFUSED' | 'HOST_REFUSED' | 'ORIGIN_REFUSED' | 'TOO_MANY_WRONG_TOKENS';
  };
  /**
   * Signs a browser in: takes a token, or the code of a link, and answers with the cookie of a session, which lasts twelve hours. A changed token ends it.
   *
   * @example {"token":"$ADMIN_TOKEN"}
   */
  readonly signIn: {
    role: 'none';
    body: SignInBody;
    answer: SessionAnswer;
    errors: 'ADMIN_REFUSED' | 'HOST_REFUSED' | 'ORIGIN_REFUSED' | 'TOO_MANY_WRONG_TOKENS';
  };
  /** Ends the session of the cookie, and removes it. */
  readonly signOut: { role: 'read'; answer: Readonly<Record<string, never>> };
  /** Makes a link that opens the console once, within a minute, with the role of the one who asks: what `statsig-cdp console` prints. */
  readonly signInLink: { role: 'read'; answer: LinkAnswer };
}
