// Brings one list into step with the changes of a part: adds, removes, and remembers what Statsig has taken.

import type { Sent } from '../../dispatch/delivery-target.js';
import type { MembershipChange } from '../../model/conversion.js';
import { createKnownList, type ListPlace, type SharedByLists } from './known-list.js';
import { type ListWork, type Membership, newestOfEach, workOf } from './list-changes.js';
import { type IdsCall, idsCalls } from './request.js';
import { isAccepted, isGone, judged, NOT_FOUND, sentToList } from './verdict.js';

/**
 * Delivers the changes of a part.
 *
 * @param changes in the order of their deliveries
 * @throws Error when the disk does not do its part; whatever was sent and is not remembered is sent again then
 */
export async function deliverChanges(
  shared: SharedByLists,
  place: ListPlace,
  changes: readonly MembershipChange[],
  signal: AbortSignal,
): Promise<Sent> {
  const { store, sizes, now, wall } = shared;
  const { list, consoleClient, maxIdsPerRequest } = place;
  const known = createKnownList(shared, place);
  /** What was known of each id when it was planned what to do. */
  let planned: ReadonlyMap<string, Membership | undefined> = new Map();

  function remember(some: readonly MembershipChange[], sure: boolean): Promise<void> {
    const entries = some.map(({ id, time, member }) => ({ id, time, member, sure }));
    const was = some.map(({ id }) => planned.get(id));
    return store.remember(list, some[0]?.idType ?? '', entries, was);
  }

  /** What is left to do, by what is known now. */
  async function plan(): Promise<ListWork> {
    const newest = newestOfEach(changes, wall());
    const ids = newest.map(({ id }) => id);
    const memberships = await store.known(list, ids);
    planned = new Map(ids.map((id, index) => [id, memberships[index]]));
    const work = workOf(newest, memberships, wall());
    if (work.notes.length > 0) await remember(work.notes, true);
    return work;
  }

  /** Before a call it is written down that its changes may arrive: should the answer get lost, what was known is not known any more. */
  async function send(call: IdsCall): Promise<Sent> {
    const { changes: chunk } = call;
    const at = consoleClient.readyAt();
    if (at > now()) return { kind: 'later', at };
    await remember(chunk, false);
    const sent = sentToList(await consoleClient.call(call, signal), call, changes.length);
    if (!isAccepted(sent)) return sent;
    await remember(chunk, true);
    sizes.change(list, call.method === 'PATCH' ? chunk.length : -chunk.length);
    return sent;
  }

  async function attempt(): Promise<Sent> {
    let work = await plan();
    const [first] = [...work.adds, ...work.removes];
    if (first === undefined) return judged('delivered', 200, 'nothing new');
    if (!known.isKnown()) {
      const stopped = await known.look(first.idType, signal);
      if (stopped !== undefined) return stopped;
      // It may be another list than the one whose members are remembered.
      work = await plan();
    }
    const refused = known.refuse(changes, [...work.adds, ...work.removes]);
    if (refused !== undefined) return refused;
    for (const call of idsCalls(list.listId, work, maxIdsPerRequest)) {
      const sent = await send(call);
      if (!isAccepted(sent)) return sent;
    }
    return judged('delivered', 200, `${work.adds.length} added, ${work.removes.length} removed`);
  }

  const sent = await attempt();
  if (!isGone(sent) || !known.isKnown()) return sent;
  known.forget();
  const again = await attempt();
  // It is there when looked at, and not there to be changed: Statsig may need some time.
  return isGone(again) && known.isKnown() ? judged('retry', NOT_FOUND, `${list.listId} is not there yet`) : again;
}
