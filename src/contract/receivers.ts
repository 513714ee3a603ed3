// What the receivers of calls answer when a fixture does not say otherwise: their yes.

import { parseJson } from '../base/json.js';
import type { ReceivedCall } from './call-desk.js';
import type { FixtureReply, Json } from './fixture.js';
import { isFields } from './placeholders.js';

function statsigsYes({ path, text }: ReceivedCall): FixtureReply {
  if (!path.startsWith('/v1/delete_user_data')) return { status: 202, body: { success: true } };
  const body = parseJson(text, false) as Json;
  return { status: 200, body: { request_id: isFields(body) ? (body.request_id ?? null) : null } };
}

/** Every list there is holds ids of users. A list that is made is as it was asked for. */
function consolesYes({ method, path, text }: ReceivedCall): FixtureReply {
  if (method === 'PATCH' || method === 'DELETE') return { status: 200, body: { message: 'ok' } };
  const asked = parseJson(text, false) as Json;
  const list = { id: path.split('/')[4] ?? '', type: 'id_list', idType: 'userID', count: 0 };
  const data = isFields(asked) ? { ...list, ...asked } : list;
  return { status: method === 'POST' ? 201 : 200, body: { message: 'ok', data } };
}

/** The receiver's yes. */
export function yesTo(call: ReceivedCall): FixtureReply {
  switch (call.to) {
    case 'statsig':
      return statsigsYes(call);
    case 'console':
      return consolesYes(call);
    case 'upstream':
      return { status: 404 };
    default:
      return { status: 200, body: { success: true } };
  }
}
