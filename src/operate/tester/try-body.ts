// Tries a body at a source: within bounds of size and time, while others are served.

import { createBreather } from '../../base/breather.js';
import { ERRORS, PluginError } from '../../base/errors.js';
import { parseJson, toJsonText } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { chooseDocument, WorkspaceChoiceError } from '../../sources/tester/choose-document.js';
import { createTester } from '../../sources/tester/tester.js';
import type { Tried } from '../../sources/tester/tried.js';
import { isDryRun } from './dry-run.js';
import { editStore } from './edited-store.js';
import { leaveOutDeep } from './leave-out-deep.js';
import { maskedFields } from './masked-fields.js';
import type { TesterAnswer, TesterBody, TesterEvent } from './shapes.js';
import { tellEvent } from './tell-event.js';

/** Events that are told of one body: a person looks at some. */
const MAX_EVENTS = 50;

/** Characters of what is told of all of them: what a batch shares stands in each. */
const MAX_CHARACTERS = 4_000_000;

/** Milliseconds after which no further event of a body is tried. */
const MAX_MS = 500;

/** Milliseconds of work between two turns of the event loop: people look at the page while senders wait. */
const AT_A_TIME_MS = 5;

/** What a body is tried with. */
export interface Trying {
  readonly store: WorkspaceStore;
  readonly now: () => EpochMs;
  /** Milliseconds that only ever go up. Default: the system's. */
  readonly steady?: () => number;
}

/** Why nothing was tried. */
export class TrialError extends Error {
  readonly code: string;
  readonly fix: string | undefined;
  /** What the error table does not say, where that is known. */
  readonly detail: string | undefined;

  constructor(code: string, message: string, fix?: string, detail?: string) {
    super(message);
    this.code = code;
    this.fix = fix;
    this.detail = detail;
  }
}

function notJson(line?: number): TrialError {
  const { message, fix } = ERRORS.BODY_NOT_JSON;
  const where = line === undefined ? '' : ` Line ${line} of it is none either, where each line is a body.`;
  return new TrialError('BODY_NOT_JSON', `${message}${where}`, fix);
}

/** In the words of the error table. */
function trialErrorOf(error: unknown): TrialError | undefined {
  if (error instanceof PluginError) return new TrialError(error.code, error.message, ERRORS[error.code].fix);
  if (!(error instanceof WorkspaceChoiceError)) return undefined;
  const { code, message } = new PluginError('WORKSPACE_NOT_NAMED', error.detail);
  return new TrialError(code, message, ERRORS[code].fix, error.detail);
}

/** A text is JSON, or one JSON value per line. @throws TrialError */
export function readBody(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  const whole = parseJson(body);
  if (whole !== undefined) return whole;
  const lines = body.split('\n').map((line, index) => ({ text: line.trim(), number: index + 1 }));
  const told = lines.filter(({ text }) => text !== '');
  const values = told.map(({ text }) => parseJson(text));
  if (values.length < 2 || values[0] === undefined) throw notJson();
  const at = values.indexOf(undefined);
  if (at !== -1) throw notJson(told[at]?.number);
  return values;
}

/**
 * What would become of each event of a body, one after the other.
 *
 * @throws TrialError where nothing can be tried
 */
export function* tryEvents(
  { source, workspace, body }: Pick<TesterBody, 'source' | 'workspace' | 'body'>,
  { store, now }: Pick<Trying, 'store' | 'now'>,
  note: (text: string) => void,
): Generator<Tried, void> {
  try {
    yield* createTester({ source, store, workspaceId: workspace, now, note }).tryBody(readBody(body));
  } catch (error) {
    throw trialErrorOf(error) ?? error;
  }
}

/** The settings that are asked for. @throws TrialError */
function storeFor({ workspace, settings }: TesterBody, store: WorkspaceStore) {
  if (settings === undefined) return { store, faults: [] as const };
  try {
    return editStore(store, chooseDocument(store, workspace), settings);
  } catch (error) {
    throw trialErrorOf(error) ?? error;
  }
}

function problemOf(error: unknown): NonNullable<TesterAnswer['problem']> {
  if (!(error instanceof TrialError)) throw error;
  const { code, message, fix } = error;
  return { code, message, ...(fix !== undefined && { fix }) };
}

/** Tries a body. Nothing is sent and nothing is stored, whatever it holds. */
export async function tryBody(asked: TesterBody, trying: Trying): Promise<TesterAnswer> {
  const remarks = new Set<string>();
  const events: TesterEvent[] = [];
  const { steady = () => performance.now() } = trying;
  const until = steady() + MAX_MS;
  const breathe = createBreather(AT_A_TIME_MS);
  let characters = 0;
  const answer = { settings: asked.settings === undefined ? 'in force' : 'edited' } as const;
  let more = 0;
  try {
    const { store, faults } = storeFor(asked, trying.store);
    if (store === undefined) return { ...answer, faults, events, more, remarks: [] };
    for (const tried of tryEvents(asked, { ...trying, store }, (text) => remarks.add(text))) {
      await breathe();
      const isOver = steady() > until;
      if (isOver || events.length >= MAX_EVENTS || characters > MAX_CHARACTERS) {
        more += 1;
        // What is left is counted only as far as that costs little.
        if (isOver) break;
        continue;
      }
      const place = events.length + 1;
      const whole: TesterEvent = { ...(await tellEvent(tried)), ...(isDryRun(tried) && { dryRun: true }) };
      const told = leaveOutDeep(whole, (remark) => remarks.add(`Event ${place}: ${remark}`));
      characters += toJsonText(told)?.length ?? Number.POSITIVE_INFINITY;
      events.push(told);
    }
  } catch (error) {
    return { ...answer, problem: problemOf(error), faults: [], events, more, remarks: [...remarks] };
  }
  const masked = maskedFields(readBody(asked.body));
  return { ...answer, faults: [], events, more, ...(masked.length > 0 && { masked }), remarks: [...remarks] };
}
