// Finds the workspace that a body is tried in.

import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';

/** Which workspace is meant cannot be told. The message says to a command what to do. */
export class WorkspaceChoiceError extends Error {
  /** What is wrong, with the ids that there are. */
  readonly detail: string;

  constructor(message: string, detail: string) {
    super(message);
    this.detail = detail;
  }
}

/** What a message repeats of the ids that there are. */
const MAX_IDS = 20;

/**
 * The document of this id, else the only one.
 *
 * @throws WorkspaceChoiceError
 */
export function chooseDocument({ documents }: WorkspaceStore, id: string | undefined): WorkspaceDocument {
  const ids = documents.map((document) => document.id);
  const named = id === undefined ? undefined : documents.find((document) => document.id === id);
  const [only] = documents;
  if (named !== undefined) return named;
  if (id === undefined && only !== undefined && documents.length === 1) return only;
  const list = ids.length > MAX_IDS ? `${ids.slice(0, MAX_IDS).join(', ')}, …` : ids.join(', ');
  const [missing, wrong] = [`the settings have ${ids.length} workspaces`, `the settings have no workspace ${id}`];
  if (id === undefined)
    throw new WorkspaceChoiceError(
      `The settings have ${ids.length} workspaces: name one with --workspace (${list}).`,
      `${missing}: ${list}`,
    );
  throw new WorkspaceChoiceError(`The settings have no workspace ${id}, but ${list}.`, `${wrong}, but ${list}`);
}
