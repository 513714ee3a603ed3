// A server whose settings are changed through /api, for tests.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type {
  SettingsAnswer,
  SettingsDocument,
  SettingsHistoryAnswer,
  SettingsPreview,
  SettingsRefusal,
  SettingsSaved,
} from '../src/operate/settings/shapes.js';
import { startHere, type TestServer } from './server.js';
import { temporaryDirectory } from './settings.js';

/** An answer of /api. */
export interface Answered<Body> {
  readonly status: number;
  readonly text: string;
  readonly body: Body & Partial<SettingsRefusal>;
}

/** The server, and its routes. */
export interface SettingsRig {
  readonly server: TestServer;
  readonly directory: string;
  readonly settings: string;
  read(workspace?: string): Promise<Answered<SettingsAnswer>>;
  /** @throws where there is none */
  document(workspace?: string): Promise<SettingsDocument>;
  /** @param body a string is sent as it is */
  preview(body: object | string, role?: Role): Promise<Answered<SettingsPreview>>;
  save(body: object | string, role?: Role): Promise<Answered<SettingsSaved>>;
  history(query?: string): Promise<Answered<SettingsHistoryAnswer>>;
  undo(body: object, role?: Role): Promise<Answered<SettingsSaved>>;
  /** What the settings directory holds, hidden files included. */
  files(): Readonly<Record<string, string>>;
  /** The same again, with what is on disk. */
  again(): Promise<SettingsRig>;
}

export type Role = 'write' | 'read' | 'none';

const TOKENS: Readonly<Record<Role, string>> = {
  write: 'write-token-of-tests',
  read: 'read-token-of-tests',
  none: 'other',
};

/** @param files of the settings directory, by their names; without any there is no directory */
export async function startSettings(
  context: TestContext,
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<SettingsRig> {
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'settings');
  if (Object.keys(files).length > 0) mkdirSync(settings, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(settings, name), text);
  return startIn(context, directory, environment);
}

async function startIn(
  context: TestContext,
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<SettingsRig> {
  const settings = join(directory, 'settings');
  const server = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
    ADMIN_TOKEN: TOKENS.write,
    ADMIN_READ_TOKEN: TOKENS.read,
    ...environment,
  });
  context.after(() => server.stop());

  async function ask<Body>(path: string, role: Role, body?: object | string): Promise<Answered<Body>> {
    const response = await fetch(`${server.url}/api/settings${path}`, {
      headers: { Authorization: `Bearer ${TOKENS[role]}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  }
  const read = (workspace?: string) =>
    ask<SettingsAnswer>(workspace === undefined ? '' : `?workspace=${workspace}`, 'read');
  return {
    server,
    directory,
    settings,
    read,
    async document(workspace) {
      const { body, text } = await read(workspace);
      if (body.document === undefined) throw new Error(text);
      return body.document;
    },
    preview: (body, role = 'read') => ask('/preview', role, body),
    save: (body, role = 'write') => ask('/save', role, body),
    history: (query = '') => ask(`/history${query}`, 'read'),
    undo: (body, role = 'write') => ask('/undo', role, body),
    again: () => startIn(context, directory, environment),
    files: () =>
      Object.fromEntries(readdirSync(settings).map((name) => [name, readFileSync(join(settings, name), 'utf8')])),
  };
}
