// Finds the delivery requests in fixtures that name hosts other than the stand-ins: a target that does not refuse them calls these hosts.

import type { Json } from '../fixture.js';
import { fillJson, isFields } from '../placeholders.js';
import type { CastFixture } from '../play-fixtures.js';
import type { ReceiverUrls } from '../values.js';

/** Every `endpoint` in it, as delivery requests of RudderStack have one. */
function* endpointsIn(value: Json | undefined): Iterable<string> {
  if (Array.isArray(value)) for (const each of value) yield* endpointsIn(each);
  if (!isFields(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'endpoint' && typeof inner === 'string') yield inner;
    else yield* endpointsIn(inner);
  }
}

/** True where a request of the fixture asks for a call to somewhere else than a stand-in. */
export function namesOutsideHosts({ fixture, values }: CastFixture, urls: ReceiverUrls): boolean {
  const ours = Object.values(urls).map((url) => new URL(url).host);
  return fixture.exchanges
    .flatMap(({ request: { body } }) => [...endpointsIn(body === undefined ? undefined : fillJson(body, values))])
    .some((endpoint) => URL.canParse(endpoint) && !ours.includes(new URL(endpoint).host));
}
