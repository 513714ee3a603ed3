// Says who may use `/api`.

import { dirname } from 'node:path';
import { type AdminAccess, accessByToken, accessFromThisMachine } from '../operate/admin-token.js';
import type { ProcessSettings } from '../settings/process.js';

/** The operator's token, or one made for this machine the first time somebody asks. What could not be written is tried again. */
export function createAdminAccess({ adminToken, outboxDirectory }: ProcessSettings): () => Promise<AdminAccess> {
  if (adminToken !== undefined) return async () => accessByToken(adminToken);
  let access: Promise<AdminAccess> | undefined;
  return () => {
    access ??= accessFromThisMachine(dirname(outboxDirectory)).catch((error) => {
      access = undefined;
      throw error;
    });
    return access;
  };
}
