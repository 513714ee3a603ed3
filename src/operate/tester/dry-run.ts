// Whether anything of an event would leave the process.

import { NO_KEY } from '../../sources/tester/shown-request.js';
import type { Tried } from '../../sources/tester/tried.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';

/** A bare message of RudderStack's is given a key that stands for none. */
export function hasKey({ secretKey }: Pick<CompiledWorkspace, 'secretKey'>): boolean {
  return secretKey !== undefined && secretKey.reveal() !== NO_KEY;
}

/** True for an event whose workspace has no key for it, or no target: it would not be sent. */
export function isDryRun(tried: Tried): boolean {
  if (tried.result !== 'converted') return false;
  const decision = tried.decision();
  if ('calls' in decision) return decision.outbound.targets.length === 0;
  return decision.about === 'event' && !hasKey(decision.workspace);
}
