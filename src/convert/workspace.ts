// The settings of one workspace as a value, ready for the functions that convert.

import { parseJson } from '../base/json.js';
import { buildDocument } from '../settings/build-document.js';
import { compileWorkspace } from '../settings/compile.js';
import { createDocumentCompiler } from '../settings/compile-document.js';
import type { Environment } from '../settings/environment.js';
import type { ReadSecret } from '../settings/secret-reference.js';
import type { WorkspaceSettings } from '../settings/settings.generated.js';
import { type DocumentFault, SettingsError } from '../settings/settings-error.js';
import { formatPath } from '../settings/settings-path.js';
import { readSettingsValue } from '../settings/settings-value.js';
import type { WorkspaceDocument } from '../settings/workspace-document.js';
import type { CompiledOutbound } from '../transform/compiled-outbound.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';

/** What `parseSettings` made of settings. It is for the functions of this module; what it holds beside, keys above all, is not told. */
export interface Workspace {
  readonly id: string;
  /** True where there is no Statsig key: requests are made without one. */
  readonly isDryRun: boolean;
  /** What in the settings may not be meant as it is written, each as a sentence. */
  readonly warnings: readonly string[];
}

/** How settings are read. */
export interface ParseSettingsOptions {
  /** Name of the workspace where the settings have no `id`. Default: `default`. */
  readonly id?: string;
  /** Where `env:NAME` is looked up. Default: nowhere. Nothing is read from `process.env` or from files. */
  readonly environment?: Environment;
}

/** What a workspace is compiled to, each part when it is needed. */
export interface CompiledParts {
  readonly document: WorkspaceDocument;
  /** For events of Segment and its SDKs. */
  readonly inbound: CompiledWorkspace;
  /** For events of rudder-server, which are named by another preset. */
  readonly rudderstack: CompiledWorkspace;
  readonly outbound: CompiledOutbound;
}

const parts = new WeakMap<Workspace, CompiledParts>();

const SOURCE = 'settings';

function secretReader(environment: Environment): ReadSecret {
  return ({ kind, name }) => {
    if (kind === 'file') return { problem: 'cannot be read here: give the key itself, or env:NAME and `environment`' };
    const value = environment[name];
    return value === undefined ? { problem: 'is not set' } : { value: value.trim() };
  };
}

function compileParts(document: WorkspaceDocument, settings: WorkspaceSettings): CompiledParts {
  const compiler = createDocumentCompiler();
  let rudderstack: CompiledWorkspace | undefined;
  return {
    document,
    get inbound() {
      return compiler.compile(document);
    },
    get rudderstack() {
      const { id, secretKey, consoleKey } = document;
      rudderstack ??= compileWorkspace(id, settings, secretKey, 'rudderstack', { consoleKey });
      return rudderstack;
    },
    get outbound() {
      return compiler.compileOutbound(document);
    },
  };
}

/**
 * Reads the settings of one workspace, as docs/settings.md describes them. Do it once, not for each event.
 *
 * @param settings a value, or the JSON text of one
 * @throws SettingsError with every fault; its message never holds a key
 */
export function parseSettings(settings: object | string, options: ParseSettingsOptions = {}): Workspace {
  const { id: defaultId = 'default', environment = {} } = options;
  const value = typeof settings === 'string' ? parseJson(settings) : settings;
  if (value === undefined) throw SettingsError.ofSource(SOURCE, 'is not JSON');
  const { invalid, settings: read, secrets, mistakes } = readSettingsValue(value, '', secretReader(environment));
  const faults: DocumentFault[] = [
    ...invalid.map(({ path, message }) => ({ source: SOURCE, path, message })),
    ...secrets.flatMap(({ at, problem }) =>
      problem === undefined ? [] : [{ source: SOURCE, path: formatPath(at), message: problem }],
    ),
    ...mistakes.flatMap(({ kind, at, message }) =>
      kind === 'fault' ? [{ source: SOURCE, path: formatPath(at), message }] : [],
    ),
  ];
  if (invalid.length === 0 && read.mode === 'webhook')
    faults.push({
      source: SOURCE,
      path: 'mode',
      message: 'webhook relays messages as they came: nothing is converted',
    });
  if (faults.length > 0) throw new SettingsError(faults);

  const id = read.id ?? defaultId;
  const document = buildDocument(id, SOURCE, read, secrets);
  const warnings = mistakes.map(({ at, message }) => `${formatPath(at)}: ${message}`);
  const workspace: Workspace = Object.freeze({ id, isDryRun: document.secretKey === undefined, warnings });
  parts.set(workspace, compileParts(document, read));
  return workspace;
}

/** @throws TypeError for an object that `parseSettings` of this module has not made */
export function partsOf(workspace: Workspace): CompiledParts {
  const found = parts.get(workspace);
  if (found === undefined) throw new TypeError('The workspace was not made by parseSettings of this module.');
  return found;
}
