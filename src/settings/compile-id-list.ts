// Compiles what a RudderStack destination says of its ID list.

import type { Secret } from '../base/secret.js';
import type { CompiledIdList } from '../transform/compiled-workspace.js';
import { baseUrlOf } from './base-url.js';
import type { WorkspaceSettings } from './settings.generated.js';
import { defaultsAt } from './settings-schema.js';

const DEFAULTS = defaultsAt([]);

/**
 * The ID list of valid settings; the manifest's defaults are filled in here.
 *
 * @param consoleKey already resolved
 */
export function compileIdList(settings: WorkspaceSettings, consoleKey: Secret | undefined): CompiledIdList {
  const { idListId, idListField } = { ...DEFAULTS, ...settings } as WorkspaceSettings &
    Required<Pick<WorkspaceSettings, 'idListField'>>;
  return Object.freeze({
    ...(idListId !== undefined && { listId: idListId }),
    field: idListField,
    ...(consoleKey !== undefined && { consoleKey }),
    consoleUrl: baseUrlOf(settings, 'consoleUrl'),
  });
}
