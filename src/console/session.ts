// Who the reader is: a session by cookie, which the page itself cannot see.

import { ApiError, get, post, whenSignedOut } from './api.js';
import { messageOf } from './error-message.js';
import { createStore, useStore } from './store.js';

/** What the reader may do. */
export type Role = 'read' | 'write';

/** Signed in or not. */
export type Session =
  | { readonly is: 'unknown' }
  | { readonly is: 'out'; readonly because?: string }
  | { readonly is: 'in'; readonly role: Role };

const session = createStore<Session>({ is: 'unknown' });
whenSignedOut(() => {
  if (session.get().is === 'in') session.set({ is: 'out', because: 'The session has ended. Sign in again.' });
});

/** The session; the component is rendered again when it changes. */
export const useSession = (): Session => useStore(session);

/** Whether the reader may change anything. */
export function useCanWrite(): boolean {
  const now = useSession();
  return now.is === 'in' && now.role === 'write';
}

/** Takes a token or the code of a link for a session. @throws ApiError */
export async function signIn(proof: { readonly token: string } | { readonly link: string }): Promise<void> {
  const { role } = await post<{ readonly role: Role }>('/api/session', proof);
  session.set({ is: 'in', role });
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await post('/api/session/end').catch(() => {});
  session.set({ is: 'out' });
}

/** A link's code stands in the fragment, which is sent to no server and must not stay in the history. */
function takeLinkCode(): string | undefined {
  const code = /^#link=([\w.~-]+)/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, '', '#/');
  return code;
}

const LINK_OVER =
  'This link has been used, or is older than a minute. Make another one with statsig-cdp console, or sign in with a token.';

/** Whether the process does not take what was shown to it. */
export const isRefused = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** Finds out at the start of the page, once. */
export async function findSession(): Promise<void> {
  const link = takeLinkCode();
  try {
    if (link !== undefined) return await signIn({ link });
    const { role } = await get<{ readonly role: Role | 'none' }>('/api/session');
    session.set(role === 'none' ? { is: 'out' } : { is: 'in', role });
  } catch (error) {
    if (!isRefused(error)) return session.set({ is: 'out', because: messageOf(error) });
    session.set(link === undefined ? { is: 'out' } : { is: 'out', because: LINK_OVER });
  }
}
