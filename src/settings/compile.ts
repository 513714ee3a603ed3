// Compiles a workspace's settings once per revision.

import type { Secret } from '../base/secret.js';
import type { CompiledAudiences } from '../transform/compiled-audiences.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';
import { compileEventFilter } from '../transform/event-filter.js';
import {
  compileEventNamer,
  EVENT_NAME_PRESETS,
  type EventNamePresetName,
  type InboundType,
} from '../transform/event-name.js';
import { compilePath } from '../transform/field-path.js';
import { compileOptOut, type OptOutSettings } from '../transform/inbound/opt-out.js';
import { type FindRowUse, mappingRow, unwatched } from '../transform/row-use.js';
import type { ValuePath } from '../transform/value.js';
import { baseUrlOf, eventsEndpointOf, webhookEndpointOf } from './base-url.js';
import { compileIdList } from './compile-id-list.js';
import { EVENT_TYPES } from './event-types.js';
import type { WorkspaceSettings } from './settings.generated.js';
import { defaultsAt } from './settings-schema.js';

/** The settings that have a default in the manifest are present after it is applied. */
type CompleteSettings = WorkspaceSettings &
  Required<
    Pick<
      WorkspaceSettings,
      | 'mode'
      | 'paused'
      | 'eventNameMaxLength'
      | 'identifierMappings'
      | 'environmentMappings'
      | 'valueFrom'
      | 'valueInMetadata'
      | 'metadataMaxLength'
      | 'eventTypes'
      | 'includeEvents'
      | 'excludeEvents'
      | 'maxBatchEvents'
      | 'maxBatchBytes'
    >
  >;

const DEFAULTS = defaultsAt([]);
// The manifest's defaults, which the check of implemented settings holds to these types; the schema's are unknown to the compiler.
const DEFAULT_OPT_OUT = compileOptOut(defaultsAt(['trackingApi']) as unknown as OptOutSettings);

function withDefaults(settings: WorkspaceSettings): CompleteSettings {
  return { ...DEFAULTS, ...settings } as CompleteSettings;
}

/** What a document has beside its plain settings and its secret key. */
export interface DocumentParts {
  /** Default: whether there is no secret key. */
  readonly isDryRun?: boolean;
  /** Statsig's console API key, already resolved. */
  readonly consoleKey?: Secret | undefined;
  /** Absent: audience events of Segment change no list. */
  readonly audiences?: CompiledAudiences | undefined;
  /** Default: the manifest's. */
  readonly optOut?: OptOutSettings;
  /** What remembers which rows have applied. */
  readonly rowUse?: FindRowUse;
}

function compileValuePath(path: string): ValuePath {
  const [root = '', ...keys] = path.split('.');
  return { path, read: compilePath(path), metadataField: { root, key: keys.join('_') } };
}

/**
 * Compiles valid settings.
 *
 * @param id name for logs and metrics
 * @param settings valid by the manifest's schema; defaults are filled in here
 * @param secretKey the workspace's Statsig key, already resolved
 * @param preset the event name preset of the protocol, used unless the settings name one
 * @param parts without those for ID lists no list is changed
 */
export function compileWorkspace(
  id: string,
  settings: WorkspaceSettings,
  secretKey: Secret | undefined,
  preset: EventNamePresetName,
  parts: DocumentParts = {},
): CompiledWorkspace {
  const { rowUse = unwatched } = parts;
  const useOfMapping = rowUse('identifierMappings');
  const complete = withDefaults(settings);
  const names = EVENT_NAME_PRESETS[complete.eventNamePreset ?? preset];
  const prefix = complete.eventNamePrefix ?? names.prefix;
  const namer = (type: InboundType) =>
    compileEventNamer(
      type,
      complete.eventNameTemplates?.[type] ?? names.templates[type],
      prefix,
      complete.eventNameMaxLength,
    );

  return Object.freeze({
    id,
    mode: complete.mode,
    isDryRun: parts.isDryRun ?? secretKey === undefined,
    isPaused: complete.paused,
    secretKey,
    apiUrl: baseUrlOf(settings, 'apiUrl'),
    eventsEndpoint: eventsEndpointOf(settings),
    webhookEndpoint: webhookEndpointOf(settings),
    eventNamers: { track: namer('track'), page: namer('page'), screen: namer('screen'), group: namer('group') },
    types: EVENT_TYPES,
    eventTypes: new Set(complete.eventTypes.filter((type) => EVENT_TYPES.converted.has(type))),
    eventFilter: compileEventFilter(complete.includeEvents, complete.excludeEvents, rowUse),
    optOut: parts.optOut === undefined ? DEFAULT_OPT_OUT : compileOptOut(parts.optOut),
    identifierMappings: complete.identifierMappings.map((row) => ({
      ...row,
      read: compilePath(row.from),
      use: useOfMapping(mappingRow(row)),
    })),
    defaultEnvironment: complete.defaultEnvironment,
    environmentMappings: new Map(complete.environmentMappings.map(({ from, to }) => [from, to])),
    valuePaths: complete.valueFrom.map(compileValuePath),
    isValueInMetadata: complete.valueInMetadata,
    metadataMaxLength: complete.metadataMaxLength,
    maxBatchEvents: complete.maxBatchEvents,
    maxBatchBytes: complete.maxBatchBytes,
    audiences: parts.audiences,
    idList: compileIdList(settings, parts.consoleKey),
  });
}
