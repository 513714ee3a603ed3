// Runs a connection for a person or a program: shows the plan, applies it, or takes it back.

import type { Command } from 'commander';
import { complain, say } from '../../base/terminal.js';
import { ConnectError } from '../../connect/connection.js';
import type { Step, StepReport } from '../../connect/step.js';
import type { PlannedConnection } from '../../connect/tasks.js';
import { CommandError, confirmed, runCommand } from '../running-process.js';
import { JSON_OPTION, sayJson } from '../table.js';

/** What is done with a connection. */
export interface ConnectOptions {
  readonly plan?: boolean;
  readonly undo?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Adds the options of every way of connecting. */
export function addConnectOptions(command: Command): Command {
  return command
    .option('--plan', 'show every call and every change of settings, and make none')
    .option('--undo', 'take away what was made by this command, and only that')
    .option('--yes', 'do not ask before --undo')
    .option(
      JSON_OPTION,
      'print one JSON object: steps, each with id, title, kind, state; result and problem once it ran',
    );
}

const INDENT = '    ';

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${INDENT}${line}`)
    .join('\n');
}

function detailsOf({ call, change, note, byHand }: Step): readonly string[] {
  const lines: string[] = [];
  if (note !== undefined) lines.push(note);
  if (call !== undefined) {
    lines.push(`${call.method} ${call.url}`);
    if (call.body !== undefined) lines.push(JSON.stringify(call.body, null, 2));
  }
  if (change !== undefined && byHand === undefined) lines.push(change);
  for (const [index, { text, paste }] of (byHand ?? []).entries()) {
    lines.push(`${index + 1}. ${text}`);
    if (paste !== undefined) lines.push(indented(paste));
  }
  return lines.map(indented);
}

const STATES: Readonly<Record<Step['state'], string>> = { 'to-do': 'to do', there: 'there' };

function printPlan(steps: readonly Step[]): void {
  for (const step of steps) {
    const isByHand = step.kind === 'by-hand' && step.state === 'to-do';
    say(`${isByHand ? 'by hand' : STATES[step.state]}: ${step.title}`);
    if (step.state === 'to-do') for (const line of detailsOf(step)) say(line);
  }
}

function printReport({ step, result, problem }: StepReport): void {
  say(`${result === 'by-hand' ? 'by hand' : result}: ${step.title}`);
  if (problem !== undefined && result !== 'failed') say(indented(problem));
  if (step.note !== undefined && result === 'done') say(indented(step.note));
  if (result === 'by-hand') for (const line of detailsOf({ ...step, ...(step.byHand && { change: '' }) })) say(line);
}

/** Runs the action of a command that connects: it exits with 1 where it cannot go on. */
export async function runConnect(action: () => Promise<void>): Promise<void> {
  await runCommand(async () => {
    try {
      await action();
    } catch (error) {
      throw error instanceof ConnectError ? new CommandError(error.message) : error;
    }
  });
}

/** A program reads one object, also where it cannot go on. */
async function orNoSteps<Value>(work: Promise<Value>, json: boolean | undefined, steps: readonly Step[] = []) {
  return work.catch((error) => {
    if (json) sayJson({ steps });
    throw error;
  });
}

async function show(steps: Promise<readonly Step[]>, json: boolean | undefined): Promise<void> {
  const found = await orNoSteps(steps, json);
  if (json) sayJson({ steps: found });
  else printPlan(found);
  const left = found.filter(({ state }) => state === 'to-do').length;
  complain(
    left === 0
      ? 'Everything is there: nothing would be done.'
      : `${left} of ${found.length} steps are to do. Nothing was done.`,
  );
}

async function perform(
  work: (report: (report: StepReport) => void) => Promise<void>,
  json: boolean | undefined,
): Promise<void> {
  const reports: StepReport[] = [];
  try {
    await work((report) => {
      reports.push(report);
      if (!json) printReport(report);
    });
  } finally {
    if (json)
      sayJson({
        steps: reports.map(({ step, result, problem }) => ({
          ...step,
          result,
          ...(problem !== undefined && { problem }),
        })),
      });
  }
}

/** Where `--undo` is asked for, it asks before it begins. @throws ConnectError, CommandError */
export async function runConnection(connection: PlannedConnection, options: ConnectOptions): Promise<void> {
  const { plan, undo, yes, json } = options;
  if (plan) return show(undo ? connection.planUndo() : connection.plan(), json);
  if (!undo) return perform((report) => connection.apply(report), json);
  const steps = await orNoSteps(connection.planUndo(), json);
  if (steps.length === 0) {
    if (json) sayJson({ steps });
    complain('There is nothing that was connected.');
    return;
  }
  if (!yes && !json) printPlan(steps);
  await orNoSteps(confirmed(`This is taken away: ${steps.length} things.`, yes), json, steps);
  await perform((report) => connection.undo(report), json);
}
