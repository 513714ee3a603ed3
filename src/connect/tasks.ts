// Makes a connection of tasks: each is a step, and what does it.

import type { Connection, Report } from './connection.js';
import { ConnectError } from './connection.js';
import type { Step, StepReport } from './step.js';

/** What came of a task that did not fail; `step` where a person has to do what the plan did not know of. */
export type TaskEnd = (Pick<StepReport, 'result' | 'problem'> & { readonly step?: Step }) | undefined;

/** A step, and what does it. */
export interface Task {
  readonly step: Step;
  /**
   * Does it. Called for steps that are to do, in order; a step without it is one that a person does.
   *
   * @returns undefined where it is done as the step says
   * @throws ConnectError
   */
  readonly run?: () => Promise<TaskEnd>;
}

/** What is done, worked out by reading. @throws ConnectError */
export type Survey = () => Promise<readonly Task[]>;

function toDone({ state, kind }: Step): StepReport['result'] {
  if (state === 'there') return 'there';
  return kind === 'by-hand' ? 'by-hand' : 'done';
}

/** Does what is to do, and ends at the first that fails. @throws ConnectError */
export async function runTasks(tasks: readonly Task[], report: Report): Promise<void> {
  for (const { step, run } of tasks) {
    if (step.state === 'there' || run === undefined) {
      report({ step, result: toDone(step) });
      continue;
    }
    try {
      report({ step, ...((await run()) ?? { result: 'done' }) });
    } catch (error) {
      if (error instanceof ConnectError) report({ step, result: 'failed', problem: error.message });
      throw error;
    }
  }
}

/** A connection, and what its undoing would do. */
export interface PlannedConnection extends Connection {
  /** What `undo` would take away, in order. Reads only. @throws ConnectError */
  planUndo(): Promise<readonly Step[]>;
}

/** @param survey what connecting does @param surveyUndo what takes it back */
export function createConnection(survey: Survey, surveyUndo: Survey): PlannedConnection {
  const stepsOf = (tasks: readonly Task[]) => tasks.map(({ step }) => step);
  return {
    plan: async () => stepsOf(await survey()),
    planUndo: async () => stepsOf(await surveyUndo()),
    apply: async (report) => runTasks(await survey(), report),
    undo: async (report) => runTasks(await surveyUndo(), report),
  };
}
