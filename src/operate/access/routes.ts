// /api/session: a browser signs in and out, and a command makes a link for it.

import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { SessionRoutes } from './shapes.js';

/** The routes of sessions. */
export function createSessionRoutes(api: OperatorApi) {
  const { access } = api;
  return createOperatorRoutes<SessionRoutes>(api, {
    async session({ request }) {
      // A page that is opened before somebody signs in is no refusal to tell of.
      if (!access.isProofShown(request)) return { role: 'none' };
      const { role, session } = await access.assertRead(request);
      return { role, ...(session && { expiresAt: session.expiresAt }) };
    },
    async signIn({ body, request, response }) {
      const { session, cookie } = await access.signIn(request, body);
      response.setHeader('Set-Cookie', cookie);
      return { role: session.role, expiresAt: session.expiresAt };
    },
    async signOut({ request, response }) {
      response.setHeader('Set-Cookie', await access.signOut(request));
      return {};
    },
    async signInLink({ request }) {
      const { code, role, expiresAt } = await access.makeLink(request);
      // Behind `#` it goes to no server, so that no log of a proxy has it.
      return { link: `/console/#link=${code}`, role, expiresAt };
    },
  });
}
