// Says which routes a worker leaves to the first one.

import type { ProtocolCode } from '../../http/route.js';
import type { Crew } from './crew.js';

/** @returns the same routes, passed on to the first worker where this is another one */
export function passOnFrom(crew: Crew | undefined): (routes: ProtocolCode) => ProtocolCode {
  if (crew === undefined || crew.isFirst) return (routes) => routes;
  const { passOn } = crew;
  return (routes) =>
    Object.fromEntries(
      Object.entries(routes).map(([name, { handleForSenders, ...code }]) => [
        name,
        { ...code, handle: passOn, ...(handleForSenders !== undefined && { handleForSenders: passOn }) },
      ]),
    );
}
