// Tells what would become of an event, as the page, the routes and the command show it.

import { ERRORS, type ErrorCode } from '../../base/errors.js';
import type { Trace } from '../../base/trace.js';
import { describeNote } from '../../model/note-sentences.js';
import type { Tried } from '../../sources/tester/tried.js';
import type { TesterEvent } from './shapes.js';

/** Decisions that are told of one event: thousands of properties that do not fit have one each. */
const MAX_DECISIONS = 500;

/** What decided that an event is not sent, where that is a pattern or a rule of the settings. */
export function findRule({ entries }: Trace): string | undefined {
  return entries.findLast(({ stage }) => stage === 'name' || stage === 'opt-out')?.why;
}

function isKnownCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function verdictOf(tried: Tried, trace: Trace): Partial<TesterEvent> {
  switch (tried.result) {
    case 'converted':
      return tried.needs === undefined ? {} : { needs: tried.needs };
    case 'filtered': {
      const rule = findRule(trace);
      return { reason: tried.reason, detail: tried.detail, ...(rule !== undefined && { rule }) };
    }
    case 'invalid': {
      const { code, message } = tried;
      return { code, message, ...(isKnownCode(code) && { fix: ERRORS[code].fix }) };
    }
  }
}

/** Everything about one event. */
export async function tellEvent(tried: Tried): Promise<TesterEvent> {
  const trace = tried.explain();
  const isConverted = tried.result === 'converted';
  return {
    result: tried.result,
    ...(tried.workspaceId !== undefined && { workspace: tried.workspaceId }),
    ...verdictOf(tried, trace),
    notes: (isConverted ? (tried.notes ?? []) : []).map((note) => ({ note, message: describeNote(note) })),
    ...(trace.input !== undefined && { input: trace.input }),
    outputs: isConverted ? tried.outputs() : [],
    requests: isConverted ? await tried.requests() : [],
    decisions: trace.entries.slice(0, MAX_DECISIONS),
  };
}
