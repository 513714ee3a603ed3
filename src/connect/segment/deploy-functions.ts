// Brings Functions of a workspace of Segment into step with our scripts: made, changed and deployed where that is needed, found by name and kind.

import type { FunctionScript } from '../../functions/scripts.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';
import { createConnection, type PlannedConnection, type Task } from '../tasks.js';
import type { PublicApi } from './public-api.js';

/** A script that is to be there. */
export interface WantedFunction {
  readonly script: FunctionScript;
  readonly code: string;
}

export interface DeployOptions {
  readonly api: PublicApi;
  /** Of the functions; one of each kind. */
  readonly displayName: string;
  readonly functions: readonly WantedFunction[];
}

/** Ends the description of what we made: what is without it is another's. */
const MARKER = 'Kept by statsig-cdp functions --deploy: changes by hand are written over.';

/** A step shows no code, which has tens of kilobytes. */
const CODE = '(the script)';

function bodyOf({ script, code }: WantedFunction): JsonObject {
  return { code, settings: script.settings.map((each) => ({ ...each })), description: `${script.title}. ${MARKER}` };
}

/** Fields in any order, and only those that we say. */
function isEqual(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(found) &&
      wanted.length === found.length &&
      wanted.every((each, index) => isEqual(each, found[index]))
    );
  if (!isJsonObject(wanted)) return wanted === found;
  return isJsonObject(found) && Object.entries(wanted).every(([name, value]) => isEqual(value, found[name]));
}

const textIn = (item: JsonObject, name: string) => (typeof item[name] === 'string' ? item[name] : '');

/** @throws ConnectError where the name is another's, or of several */
async function find(
  { api, displayName }: DeployOptions,
  { resourceType, title }: FunctionScript,
): Promise<string | undefined> {
  const all = await api.list(`/functions?resourceType=${resourceType}`, 'functions');
  const named = all.filter((item) => item.displayName === displayName);
  const [first, second] = named;
  if (first === undefined) return undefined;
  if (second !== undefined || !textIn(first, 'description').endsWith(MARKER))
    throw new ConnectError(
      'ambiguous',
      `Segment has a function "${displayName}" (${title}) that this command has not made, or several. It is left alone: rename it there, or give ours another name (--name).`,
    );
  return textIn(first, 'id');
}

function functionIn(data: JsonObject): JsonObject {
  if (isJsonObject(data.function)) return data.function;
  throw new ConnectError('answer-unclear', 'Segment answers without the function.');
}

async function surveyOne(options: DeployOptions, wanted: WantedFunction): Promise<readonly Task[]> {
  const { api, displayName } = options;
  const { script } = wanted;
  const { name, title, resourceType } = script;
  let id = await find(options, script);
  const body = bodyOf(wanted);
  const shown = { ...body, code: CODE };
  const there = id === undefined ? undefined : functionIn(await api.get(`/functions/${id}`));
  const isSame = there !== undefined && isEqual(body, there);
  const isDeployed = isSame && textIn(there, 'deployedAt') !== '' && there.isLatestVersion !== false;
  const makes = { ...body, displayName, ...(resourceType !== undefined && { resourceType }) };
  const readId = (data: JsonObject) => textIn(functionIn(data), 'id');
  const write: Task =
    id === undefined
      ? {
          step: {
            id: `create-${name}`,
            title: `Create the ${title} "${displayName}"`,
            kind: 'call',
            state: 'to-do',
            call: { method: 'POST', url: `${api.apiUrl}/functions`, body: { ...makes, code: CODE } },
          },
          async run() {
            id = await api.make(
              { path: '/functions', body: makes },
              { read: readId, find: () => find(options, script) },
            );
            return undefined;
          },
        }
      : {
          step: {
            id: `update-${name}`,
            title: `Bring the ${title} "${displayName}" up to date`,
            kind: 'call',
            state: isSame ? 'there' : 'to-do',
            call: { method: 'PATCH', url: `${api.apiUrl}/functions/${id}`, body: shown },
          },
          async run() {
            await api.change({ method: 'PATCH', path: `/functions/${id}`, body });
            return undefined;
          },
        };
  const step = {
    id: `deploy-${name}`,
    title: `Deploy the ${title} "${displayName}"`,
    state: isDeployed ? 'there' : 'to-do',
  } as const;
  // Segment's Public API deploys Source Functions only.
  const deploy: Task =
    resourceType === 'DESTINATION'
      ? {
          step: {
            ...step,
            kind: 'by-hand',
            byHand: [
              { text: 'In Segment open Connections > Catalog > Functions, and the function.', paste: displayName },
              { text: 'Choose Save & Deploy, and the instances that are to run it. Enter its settings there.' },
            ],
          },
        }
      : {
          step: {
            ...step,
            kind: 'call',
            call: { method: 'POST', url: `${api.apiUrl}/functions/${id ?? '{id}'}/deploy` },
          },
          async run() {
            // Deployed once more it is what it was.
            await api.make({ path: `/functions/${id}/deploy` }, { read: () => true, find: async () => undefined });
            return undefined;
          },
        };
  return [write, deploy];
}

async function surveyUndo(options: DeployOptions): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (const { script } of options.functions) {
    const id = await find(options, script);
    if (id === undefined) continue;
    tasks.push({
      step: {
        id: `delete-${script.name}`,
        title: `Delete the ${script.title} "${options.displayName}"`,
        kind: 'call',
        state: 'to-do',
        call: { method: 'DELETE', url: `${options.api.apiUrl}/functions/${id}` },
      },
      async run() {
        await options.api.change({ method: 'DELETE', path: `/functions/${id}` });
        return undefined;
      },
    });
  }
  return tasks;
}

/** What deploying does, and what takes it back. */
export function deployFunctions(options: DeployOptions): PlannedConnection {
  const ofSegment = options.functions.filter(({ script }) => script.resourceType !== undefined);
  const own = { ...options, functions: ofSegment };
  return createConnection(
    async () => {
      const tasks: Task[] = [];
      for (const each of ofSegment) tasks.push(...(await surveyOne(own, each)));
      return tasks;
    },
    () => surveyUndo(own),
  );
}
