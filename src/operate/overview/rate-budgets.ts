// Says how many calls the keys of the Console API have left.

import type { EpochMs } from '../../base/time.js';
import type { KeyBudget } from '../../targets/statsig-lists/id-lists.js';
import type { RateBudgetOverview } from './shapes.js';

/** Keys that are shown. */
const MAX_SHOWN = 20;

const shareLeft = ({ left }: KeyBudget) => Math.min(...left.map((limit) => limit.left / limit.calls));

/** @param budgets by workspace; one key may be of several @returns those with the least left first */
export function describeBudgets(
  budgets: readonly (readonly [string, KeyBudget])[],
  now: EpochMs,
): readonly RateBudgetOverview[] {
  const keys = new Map<string, { readonly budget: KeyBudget; readonly workspaces: string[] }>();
  for (const [workspace, budget] of budgets) {
    const known = keys.get(budget.id) ?? { budget, workspaces: [] };
    keys.set(budget.id, known);
    known.workspaces.push(workspace);
  }
  return [...keys.values()]
    .sort((a, b) => shareLeft(a.budget) - shareLeft(b.budget))
    .slice(0, MAX_SHOWN)
    .map(({ budget: { left, readyAt }, workspaces }) => ({
      workspaces,
      limits: left,
      ...(readyAt > now && { readyAt }),
    }));
}
