// /api/session: a browser signs in and out, and a command makes a link for it.

import { PluginError } from '../../base/errors.js';
import type { RequestReader } from '../../http/request-reader.js';
import type { RouteCode } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { OperatorAccess } from './operator-access.js';
import type { LinkAnswer, SessionAnswer, SignInBody } from './shapes.js';

/** A token has some dozens of characters: a body of somebody who has not proven anything yet is not read further. */
const MOST = { bytes: 4096, raisedBy: 'nothing raises it' };

function readSignIn(body: unknown): SignInBody {
  if (isJsonObject(body) && typeof body.token === 'string') return { token: body.token };
  if (isJsonObject(body) && typeof body.link === 'string') return { link: body.link };
  throw new PluginError('SIGN_IN_EMPTY');
}

/** The routes of the session. */
export function createSessionRoutes(
  access: OperatorAccess,
  reader: RequestReader,
): Readonly<Record<'session' | 'signIn' | 'signOut' | 'signInLink', RouteCode>> {
  return {
    session: {
      async handle(request, response) {
        const { role, session } = await access.assertRead(request);
        const answer: SessionAnswer = { role, ...(session && { expiresAt: session.expiresAt }) };
        sendJsonText(response, 200, JSON.stringify(answer));
      },
    },
    signIn: {
      async handle(request, response) {
        const body = await reader.withBody(request, (read) => read.parse(), MOST);
        const { session, cookie } = await access.signIn(request, readSignIn(body));
        response.setHeader('Set-Cookie', cookie);
        const answer: SessionAnswer = { role: session.role, expiresAt: session.expiresAt };
        sendJsonText(response, 200, JSON.stringify(answer));
      },
    },
    signOut: {
      async handle(request, response) {
        response.setHeader('Set-Cookie', await access.signOut(request));
        sendJsonText(response, 200, '{}');
      },
    },
    signInLink: {
      async handle(request, response) {
        const { code, role, expiresAt } = await access.makeLink(request);
        // Behind `#` it goes to no server, so that no log of a proxy has it.
        const answer: LinkAnswer = { link: `/console/#link=${code}`, role, expiresAt };
        sendJsonText(response, 200, JSON.stringify(answer));
      },
    },
  };
}
