// Memberships of ID lists as tests name them, whichever store keeps them.

import type { IdMembership, MembershipStore } from '../src/targets/statsig-lists/membership-store.js';
import { NOON } from './id-list-rig.js';

export const VIP = { workspaceId: 'acme', listId: 'vip' };

/** `ada` is on a list as of so many ms after noon. */
export const entry = (id: string, time: number, parts: Partial<IdMembership> = {}): IdMembership => ({
  id,
  time: NOON + time,
  member: true,
  sure: true,
  ...parts,
});

/** What is known of an id, in short: `in 5`, `out 5`, `in? 5`. */
export async function knownOf(store: MembershipStore, id: string, list = VIP): Promise<string> {
  const [known] = await store.known(list, [id]);
  return known === undefined
    ? 'nothing'
    : `${known.member ? 'in' : 'out'}${known.sure ? '' : '?'} ${known.time - NOON}`;
}
