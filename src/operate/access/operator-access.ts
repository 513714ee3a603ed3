// Decides who may use what is for operators: /api and the console.

import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { Secret } from '../../base/secret.js';
import { fitsAny } from '../../base/static-secret.js';
import type { EpochMs } from '../../base/time.js';
import type { ProxyTrust } from '../../http/proxy-trust.js';
import { addressOf } from './address-of.js';
import { ENDED_SESSIONS_FILE, type EndedMemory, EndedSessions } from './ended-sessions.js';
import { type Link, type LinkBook, Links } from './links.js';
import { keepLoopbackToken } from './loopback-token.js';
import { asksForThisMachine, comesFromThisMachine } from './own-machine.js';
import { isOwnDeed, isOwnRead, isOwnSignIn } from './same-origin.js';
import { cookieHeader, cookiesOf, makeSession, readSession, type Session, type Tokens } from './sessions.js';
import type { Role, SignInBody } from './shapes.js';
import { WrongProofs } from './wrong-proofs.js';

/** What it works with. */
export interface OperatorAccessDeps {
  /** For everything. `undefined`: one is made, for this machine only. */
  readonly adminToken: Secret | undefined;
  /** For what changes nothing. `undefined`: there is none. */
  readonly adminReadToken: Secret | undefined;
  /** Where the token is kept that is made here, and what was ended. */
  readonly directory: string;
  /** What other replicas share. Default: this process is the only one that operators use. */
  readonly shared?: SharedAccess | undefined;
  readonly trustProxy: ProxyTrust;
  /** Told of the one that is made here, so that no log shows it. */
  readonly onTokenMade: (token: Secret) => void;
  /** In ms since 1970. */
  readonly now: () => EpochMs;
  readonly log: Logger;
}

/** What several replicas know together. */
export interface SharedAccess {
  readonly ended: EndedMemory;
  readonly links: LinkBook;
}

/** Who asks. */
export interface Asking {
  readonly role: Role;
  /** Where it is by the cookie of a session, and not by a token. */
  readonly session?: Session;
}

/** A session that begins or ends. */
export interface SignedIn {
  readonly session: Session;
  /** The header `Set-Cookie`. */
  readonly cookie: string;
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

function roleOf({ write, read }: Tokens, text: string): Role | undefined {
  // Both are compared, whichever it is.
  const [isWrite, isRead] = [write, read].map((token) => token !== undefined && fitsAny([text], [token]));
  if (isWrite) return 'write';
  return isRead ? 'read' : undefined;
}

/** Who may do what. A request shows a token (`Authorization: Bearer`), or the cookie of a session that a token or a link began. */
export class OperatorAccess {
  readonly #deps: OperatorAccessDeps;
  readonly #wrong = new WrongProofs();
  readonly #links: LinkBook;
  readonly #ended: EndedMemory;
  #kept: Promise<Secret> | undefined;

  constructor(deps: OperatorAccessDeps) {
    this.#deps = deps;
    const { now, log, directory, shared } = deps;
    this.#links = shared?.links ?? new Links(now);
    this.#ended = shared?.ended ?? new EndedSessions({ now, log, file: join(directory, ENDED_SESSIONS_FILE) });
  }

  /**
   * Lets pass who may look.
   *
   * @throws PluginError HOST_REFUSED, ADMIN_REFUSED, TOO_MANY_WRONG_TOKENS, ORIGIN_REFUSED, and the system's error where the token of this machine cannot be written
   */
  async assertRead(request: IncomingMessage): Promise<Asking> {
    return this.#identify(request, isOwnRead);
  }

  /** Lets pass who may change something. @throws as `assertRead`, and PluginError ROLE_INSUFFICIENT */
  async assertWrite(request: IncomingMessage): Promise<Asking> {
    const asking = await this.#identifyForDeed(request);
    if (asking.role !== 'write') throw new PluginError('ROLE_INSUFFICIENT');
    return asking;
  }

  /** Whether the request tries to prove who asks. */
  isProofShown(request: IncomingMessage): boolean {
    return bearerOf(request) !== undefined || cookiesOf(request).length > 0;
  }

  /** For what anybody may read: the page before somebody signs in. @throws PluginError HOST_REFUSED */
  assertHost(request: IncomingMessage): void {
    const { adminToken, adminReadToken } = this.#deps;
    if (adminToken === undefined && adminReadToken === undefined && !asksForThisMachine(request))
      throw new PluginError('HOST_REFUSED');
  }

  /** Begins a session. @throws as `assertRead` */
  async signIn(request: IncomingMessage, body: SignInBody): Promise<SignedIn> {
    this.assertHost(request);
    if (!isOwnSignIn(request)) throw new PluginError('ORIGIN_REFUSED');
    const tokens = await this.#tokensFor(request);
    const role =
      'link' in body
        ? await this.#try(request, body.link, () => this.#links.take(body.link))
        : await this.#try(request, body.token, () => roleOf(tokens, body.token));
    const token = tokens[role];
    if (token === undefined) throw new PluginError('ADMIN_REFUSED');
    const { session, cookie } = makeSession(role, token, await this.#ended.expiryFor(role));
    this.#wrong.know(cookie);
    return { session, cookie: cookieHeader(request, cookie) };
  }

  /** Ends the session that the request bears, also for copies of its cookie. @returns the header `Set-Cookie` @throws as `assertRead` */
  async signOut(request: IncomingMessage): Promise<string> {
    const { session } = await this.#identifyForDeed(request);
    if (session !== undefined) await this.#ended.end(session);
    return cookieHeader(request, '');
  }

  /** Makes a link for the role of the one who asks. @throws as `assertRead` */
  async makeLink(request: IncomingMessage): Promise<Link> {
    return this.#links.make((await this.#identifyForDeed(request)).role);
  }

  /** Writes the token of this machine, where it is needed and not there: commands find it then. @throws the system's error */
  async prepare(): Promise<void> {
    if (this.#deps.adminToken === undefined) await this.#keptToken();
  }

  #identifyForDeed(request: IncomingMessage): Promise<Asking> {
    return this.#identify(request, isOwnDeed);
  }

  /** @param isOwn what a browser's request must fulfil before its cookies are looked at: a page of another site could else show wrong ones until this address has to wait */
  async #identify(request: IncomingMessage, isOwn: (request: IncomingMessage) => boolean): Promise<Asking> {
    this.assertHost(request);
    const tokens = await this.#tokensFor(request);
    const bearer = bearerOf(request);
    if (bearer !== undefined) return { role: await this.#try(request, bearer, () => roleOf(tokens, bearer)) };
    const cookies = cookiesOf(request);
    if (cookies.length > 0 && !isOwn(request)) throw new PluginError('ORIGIN_REFUSED');
    for (const cookie of cookies) {
      const session = await this.#try(request, cookie, () => readSession(cookie, tokens));
      if (this.#deps.now() < session.expiresAt && !(await this.#ended.has(session)))
        return { role: session.role, session };
    }
    throw new PluginError('ADMIN_REFUSED');
  }

  #try<T>(request: IncomingMessage, proof: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
    return this.#wrong.try(addressOf(request, this.#deps.trustProxy), proof, find);
  }

  /** The token that is made here is none for another machine. */
  async #tokensFor(request: IncomingMessage): Promise<Tokens> {
    const { adminToken, adminReadToken } = this.#deps;
    const isHere = comesFromThisMachine(request) && asksForThisMachine(request);
    const write = adminToken ?? (isHere ? await this.#keptToken() : undefined);
    return { ...(write && { write }), ...(adminReadToken && { read: adminReadToken }) };
  }

  /** What could not be written is tried again. */
  #keptToken(): Promise<Secret> {
    const { directory, onTokenMade } = this.#deps;
    this.#kept ??= keepLoopbackToken(directory).then(
      (token) => {
        onTokenMade(token);
        return token;
      },
      (error) => {
        this.#kept = undefined;
        throw error;
      },
    );
    return this.#kept;
  }
}
