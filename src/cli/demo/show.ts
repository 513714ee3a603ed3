// What the demo prints: one line for each request and answer.

import { parseJson } from '../../base/json.js';
import type { StandInRequest } from '../../contract/stand-ins/stand-in.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { Sent } from './scenes.js';
import type { Places } from './stage.js';

/** What the places are called. */
export const NAMES: Readonly<Record<keyof Places, string>> = {
  statsig: 'Statsig',
  segment: 'Segment',
  rudderstack: 'RudderStack',
  transformer: 'transformer',
};

const WIDTH = 13;
const MAX_CHARACTERS = 200;

const cut = (text: string) => (text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text);
const line = (who: string, what: string) => `   ${who.padEnd(WIDTH)} ${cut(what)}`;
const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

/** Of an event in the words of a CDP: `track Order Completed of user-42`. */
function namedCall({ type, event, name, userId, anonymousId }: JsonObject): string {
  const who = userId ?? anonymousId;
  return [type, event ?? name, who === undefined ? undefined : `of ${who}`]
    .filter((word) => word !== undefined)
    .join(' ');
}

/** Of an event in Statsig's words: `segment::Order Completed of user-42`. */
function namedEvent({ eventName, user, value }: JsonObject): string {
  const { userID, customIDs } = isJsonObject(user) ? user : {};
  const other = isJsonObject(customIDs) ? Object.entries(customIDs).map(([name, id]) => `${name} ${id}`) : [];
  const who = [userID, ...other].filter((id) => id !== undefined).join(', ');
  return `${eventName} of ${who}${value === undefined ? '' : `, value ${value}`}`;
}

/** The events of a body in any of the shapes that are played. */
function eventsIn(body: unknown): readonly string[] {
  if (Array.isArray(body))
    return list(body).map(({ message, output, error }) => {
      if (isJsonObject(message)) return namedCall(message);
      return isJsonObject(output) ? `${output.method} ${output.endpoint}` : String(error);
    });
  if (!isJsonObject(body)) return [];
  if (Array.isArray(body.events)) return list(body.events).map(namedEvent);
  if (Array.isArray(body.data)) return list(body.data).map(namedEvent);
  if (Array.isArray(body.batch)) return list(body.batch).map(namedCall);
  if (Array.isArray(body.ids)) return [`ids ${body.ids.join(', ')}`];
  return typeof body.type === 'string' ? [namedCall(body)] : [];
}

const described = (body: unknown, otherwise: string) => eventsIn(body).join('; ') || otherwise;

/** A request to the plugin. */
export function showSent({ from, method, path, body }: Sent): string {
  return line(from, `-> ${method} ${path}   ${described(body, '')}`);
}

/** Its answer. */
export function showAnswer(status: number, text: string): string {
  return line('', `<- ${status} ${described(parseJson(text), text)}`);
}

/** What has arrived, with what it breaks of the published rules. @param said a status that is answered on purpose */
export function showArrived(
  place: keyof Places,
  { method, path, body, problems }: StandInRequest,
  said?: number,
): string {
  const what = `${method} ${path}   ${described(body, '')}`.trim();
  const answered = said === undefined ? '' : `   answered ${said}`;
  return line(
    '',
    `=> ${NAMES[place].padEnd(WIDTH)} ${what}${answered}${problems.map((each) => `   ! ${each}`).join('')}`,
  );
}
