// Says of each key of the settings which kind it is, and whether it stands where that kind belongs. No key is shown.

import type { Secret } from '../../base/secret.js';
import { type DocumentFault, describeFault } from '../../settings/settings-error.js';
import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import type { Task } from '../tasks.js';

/** A kind of key, by how it begins (Statsig's documentation, API keys). */
interface KeyKind {
  readonly start: string;
  readonly name: string;
}

const SERVER: KeyKind = { start: 'secret-', name: 'a server secret key' };
const CLIENT: KeyKind = { start: 'client-', name: 'a client key' };
const CONSOLE: KeyKind = { start: 'console-', name: 'a Console key' };

function kindOf(key: Secret): KeyKind | undefined {
  return [SERVER, CLIENT, CONSOLE].find(({ start }) => key.reveal().startsWith(start));
}

/** One key of one document. */
interface Place {
  readonly workspace: string;
  readonly setting: string;
  readonly key: Secret | undefined;
  /** What belongs there; `undefined`: anything but a key of Statsig's. */
  readonly wanted: KeyKind | undefined;
}

function placesOf({ id, secretKey, consoleKey, outbound }: WorkspaceDocument): readonly Place[] {
  return [
    { workspace: id, setting: 'secretKey', key: secretKey, wanted: SERVER },
    { workspace: id, setting: 'consoleKey', key: consoleKey, wanted: CONSOLE },
    ...outbound.signingSecrets.map((key, at) => ({
      workspace: id,
      setting: `outbound.signingSecrets[${at}]`,
      key,
      wanted: undefined,
    })),
  ];
}

function whatIsWrong({ wanted }: Place, kind: KeyKind | undefined): string | undefined {
  if (kind === wanted) return undefined;
  if (wanted === undefined) return `${kind?.name ?? ''}: here belongs the signing secret of the card Generic Webhook`;
  if (kind === undefined) return `no key that begins as Statsig's do: ${wanted.name} begins with ${wanted.start}`;
  const use = wanted === SERVER && kind === CLIENT ? ', with which events are sent, and no deletions' : '';
  return `${kind.name}${use}: here belongs ${wanted.name} (${wanted.start}…)`;
}

function taskFor(place: Place): Task | undefined {
  const { workspace, setting, key, wanted } = place;
  if (key === undefined) return undefined;
  const id = `key:${workspace}:${setting}`;
  const named = `${setting} of ${workspace}`;
  const kind = kindOf(key);
  const wrong = whatIsWrong(place, kind);
  if (wrong !== undefined)
    return { step: { id, title: `${named} is ${wrong}`, kind: 'by-hand', state: 'to-do', byHand: clicks(setting) } };
  return {
    step: { id, title: `${named} is ${wanted?.name ?? "no key of Statsig's"}`, kind: 'settings', state: 'there' },
  };
}

function clicks(setting: string) {
  return [
    {
      text: `Keys are in Statsig under Project Settings > Keys & Environments. Put another one where ${setting} names it.`,
    },
  ];
}

/** Of a fault that the settings have with their secrets, and have not without: a reference that leads nowhere, a key at a wrong place. */
function faultTask(fault: DocumentFault, at: number): Task {
  return { step: { id: `fault:${at}`, title: describeFault(fault), kind: 'by-hand', state: 'to-do' } };
}

/** @param documents with their keys @param faults of keys alone */
export function keyTasks(documents: readonly WorkspaceDocument[], faults: readonly DocumentFault[]): readonly Task[] {
  return [...documents.flatMap(placesOf).flatMap((place) => taskFor(place) ?? []), ...faults.map(faultTask)];
}
