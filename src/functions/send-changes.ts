// Brings ID lists into step with the changes of one invocation. Whether Statsig has a change already is not known here: each is made, which does no harm.

import type { HttpResponse } from '../call/http-call.js';
import { judge } from '../call/verdict.js';
import { partsOf, type Workspace } from '../convert/workspace.js';
import type { Sent } from '../dispatch/delivery-target.js';
import type { MembershipChange } from '../model/conversion.js';
import { type ConsoleCall, consoleRequest } from '../statsig/console-api.js';
import { consoleReader } from '../statsig/console-response.js';
import { newestOfEach, workOf } from '../targets/statsig-lists/list-changes.js';
import { lookAtList, makeList, type SeenList, whyMissing, whyUnfit } from '../targets/statsig-lists/list-look.js';
import { idsCalls } from '../targets/statsig-lists/request.js';
import type { CompiledAudiences } from '../transform/compiled-audiences.js';
import type { Budget } from './budget.js';
import { callWithin } from './call.js';
import { DONE, NOT_BEGUN, type Outcome, outcome, outcomeOf } from './outcome.js';

const CONFLICT = 409;
const NOT_FOUND = 404;

/** Lists that were looked at, in this environment. */
const seen = new Map<string, SeenList>();
const MOST_SEEN = 1_000;

interface Way {
  readonly audiences: CompiledAudiences;
  readonly budget: Budget;
}

/** What stands for a request for which no time was left. */
const LATE: HttpResponse = { kind: 'unanswered', reason: 'timeout', message: 'no time was left' };

async function call({ audiences, budget }: Way, asked: ConsoleCall): Promise<HttpResponse> {
  const answer = await callWithin(consoleRequest(audiences, asked), budget);
  return answer.kind === 'not begun' ? LATE : answer;
}

function outcomeOfSent(sent: Sent): Outcome {
  if (sent.kind !== 'judged') return NOT_BEGUN;
  const { kind, message } = sent.verdict;
  // A look has no events: what stops it may be corrected while Segment tries again.
  return kind === 'delivered' ? DONE : outcome('retry', message);
}

/** Instances of one Function may share an environment, and each key leads to another project with lists of its own. */
function nameOf({ audiences }: Way, listId: string): string {
  return JSON.stringify([audiences.consoleUrl, audiences.consoleKey?.reveal(), listId]);
}

/** Looks at a list once, and makes one that is missing. @returns what stops the changes */
async function findList(way: Way, listId: string, idType: string): Promise<SeenList | { readonly stopped: Outcome }> {
  const { createMissing } = way.audiences;
  const name = nameOf(way, listId);
  const there = seen.get(name);
  if (there !== undefined) return there;
  const client = { call: (asked: ConsoleCall) => call(way, asked) };
  let look = await lookAtList(client, listId);
  if (look.kind === 'missing') {
    if (!createMissing) return { stopped: outcome('retry', whyMissing({ listId, idType })) };
    look = await makeList(client, { listId, idType });
  }
  if (look.kind === 'stopped') return { stopped: outcomeOfSent(look.sent) };
  if (seen.size >= MOST_SEEN) seen.clear();
  seen.set(name, look.list);
  return look.list;
}

async function changeList(way: Way, listId: string, changes: readonly MembershipChange[]): Promise<Outcome> {
  const [first] = changes;
  if (first === undefined) return DONE;
  const list = await findList(way, listId, first.idType);
  if ('stopped' in list) return list.stopped;
  const unfit = changes.map(({ idType }) => whyUnfit({ listId, idType }, list)).find((why) => why !== undefined);
  if (unfit !== undefined) {
    // It may be corrected while Segment tries again: it is looked at anew then.
    seen.delete(nameOf(way, listId));
    return outcome('retry', unfit);
  }
  const now = Date.now();
  const work = workOf(newestOfEach(changes, now), [], now);
  for (const each of idsCalls(listId, work, way.audiences.maxIdsPerRequest)) {
    const answer = await callWithin(consoleRequest(way.audiences, each), way.budget);
    const isBusy = answer.kind === 'answered' && (answer.status === CONFLICT || answer.status === NOT_FOUND);
    if (isBusy) seen.clear();
    const came = outcomeOf(answer, (said) => judge(said, 1, consoleReader(each.method)), 'retry');
    if (came.kind !== 'done') return isBusy ? outcome('retry', came.message) : came;
  }
  return DONE;
}

/** What became of each change, in order. */
export async function sendChanges(
  changes: readonly MembershipChange[],
  workspace: Workspace,
  budget: Budget,
): Promise<readonly Outcome[]> {
  const { audiences } = partsOf(workspace).inbound;
  if (audiences?.consoleKey === undefined)
    return changes.map(() => outcome('retry', 'Audiences need a Statsig console API key: enter it as `consoleKey`.'));
  const lists = new Map<string, MembershipChange[]>();
  for (const change of changes) lists.set(change.listId, [...(lists.get(change.listId) ?? []), change]);
  const came = new Map<string, Outcome>();
  await Promise.all(
    [...lists].map(async ([listId, ofList]) => {
      came.set(listId, await changeList({ audiences, budget }, listId, ofList));
    }),
  );
  return changes.map(({ listId }) => came.get(listId) ?? DONE);
}
