// What the settings routes take and answer. Types alone, so that a page can have them. No text in them holds a key: `kept:1` stands for one.

/** The sources that events are tried at. */
export type EventSource = 'segment' | 'tracking-api' | 'rudderstack' | 'statsig';

/** A fault or a warning of settings. */
export interface SettingsRemark {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** `identifierMappings[0].to`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** A workspace that there are settings of. */
export interface SettingsWorkspace {
  readonly id: string;
  readonly file: string;
  /** False for one that stands in a file and is not in force. */
  readonly inForce: boolean;
}

/** Where settings come from, and how they are doing. */
export interface SettingsState {
  /** A path, or a URL without query. */
  readonly location: string;
  readonly kind: 'directory' | 'file' | 'service' | 'none';
  /** One more after each change of the settings in force. */
  readonly generation: number;
  /** Why the newest settings are not in force. */
  readonly lastError?: string;
  /** What they have lost and is in force for a moment more. */
  readonly missing: readonly string[];
  readonly workspaces: readonly SettingsWorkspace[];
  /** Files that cannot be shown, with the reason. */
  readonly unreadable: readonly SettingsRemark[];
}

/** The settings of one workspace, as its file writes them. */
export interface SettingsDocument {
  readonly workspace: string;
  readonly file: string;
  /** Of the whole file: given back with an edit. `none`: there is no file yet. */
  readonly version: string;
  /** The whole file. */
  readonly text: string;
  /** The settings of this workspace. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Other workspaces in the same file. */
  readonly others: readonly string[];
  /** Why it cannot be written here; what follows the name of the file. */
  readonly writeProblem?: string;
  /** Whether keys stand in the file itself. */
  readonly hasKeys: boolean;
}

/** What is known of a setting. */
export interface SettingInfo {
  readonly description: string;
  readonly default?: unknown;
  /** Of its value, or of the items of a list. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly secret?: true;
}

/** Answer of GET /api/settings?workspace=; the document is of the workspace that is named, or of the first one. */
export interface SettingsAnswer {
  readonly state: SettingsState;
  readonly document?: SettingsDocument;
  /** Why there is none, where one was to be expected. */
  readonly problem?: string;
  /** Every setting, by its path: `outbound.targets[].host`. */
  readonly form: Readonly<Record<string, SettingInfo>>;
}

/** One change: a place and its new value. Without a value it is taken away. */
export interface SettingsChange {
  /** Names and, in lists, positions: `["identifierMappings", 0, "to"]`
   * @minItems 1
   * @maxItems 20 */
  readonly path: readonly (string | number)[];
  readonly value?: unknown;
}

/** An edit: `changes` of places, or `text` for the whole file; one of the two. */
export interface SettingsEdit {
  readonly workspace: string;
  /** Of the document that was read. */
  readonly version: string;
  /** @maxItems 200 */
  readonly changes?: readonly SettingsChange[];
  readonly text?: string;
}

/** Body of POST /api/settings/preview. */
export interface SettingsPreviewBody extends SettingsEdit {
  /** Tried as well. */
  readonly sample?: { readonly source: EventSource; readonly body: unknown };
  /** How many of the last events are tried.
   * @integer
   * @minimum 0
   * @maximum 100 */
  readonly events?: number;
}

/** What an edit makes of an event. */
export interface EventOutcome {
  readonly result: 'converted' | 'filtered' | 'invalid';
  /** Why it is not converted. */
  readonly why?: string;
}

/** A field of the requests that an edit changes; values are JSON, cut. Absent: it is not there. */
export interface ChangedField {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** How an event fares after an edit, beside how it fares now. */
export type EventVerdict = 'unchanged' | 'changed' | 'newly_sent' | 'newly_filtered' | 'newly_invalid';

/** An event, before and after. */
export interface EventComparison {
  /** Of the live log; absent for a sample. */
  readonly id?: string;
  readonly at?: number;
  readonly source: EventSource;
  /** As the filters know it: `Order Completed`, `page:Home`. */
  readonly name?: string;
  readonly verdict: EventVerdict;
  readonly before: EventOutcome;
  readonly after: EventOutcome;
  readonly fields: readonly ChangedField[];
}

/** A name that was seen lately. */
export interface SeenName {
  readonly name: string;
  readonly source: EventSource;
  /** Of the events that were tried. */
  readonly tried: number;
  /** Of these, how many are sent now, and after the edit. */
  readonly sentBefore: number;
  readonly sentAfter: number;
  /** How many events had it lately, where that is known. */
  readonly events?: number;
}

/** Which of the names a pattern of a list matches. */
export interface PatternMatches {
  readonly list: 'includeEvents' | 'excludeEvents' | 'outbound.includeEvents' | 'outbound.excludeEvents';
  readonly pattern: string;
  readonly names: readonly string[];
}

/** Answer of POST /api/settings/preview. */
export interface SettingsPreview {
  readonly file: string;
  readonly version: string;
  /** False: the file would stay as it is. */
  readonly isChange: boolean;
  /** The whole file after the edit. */
  readonly text: string;
  /** What changes in it, as a unified diff. */
  readonly diff: string;
  /** The settings of the workspace after the edit; absent where the text names it no more. */
  readonly value?: Readonly<Record<string, unknown>>;
  /** What keeps it from being saved. */
  readonly faults: readonly SettingsRemark[];
  /** What may not be meant, that the settings in force do not have. */
  readonly warnings: readonly SettingsRemark[];
  /** What else the edit brings about, in sentences. */
  readonly notices: readonly string[];
  readonly writeProblem?: string;
  /** Absent where there are faults. */
  readonly effect?: SettingsEffect;
}

/** What an edit makes of events. */
export interface SettingsEffect {
  readonly counts: Readonly<Record<EventVerdict, number>>;
  /** Those that fare otherwise first; at most a hundred. */
  readonly events: readonly EventComparison[];
  readonly sample?: readonly EventComparison[];
  /** Why the sample could not be tried. */
  readonly sampleProblem?: string;
  readonly names: readonly SeenName[];
  readonly patterns: readonly PatternMatches[];
  /** Field paths that the events have, for mappings; most frequent first. */
  readonly fields: readonly string[];
}

/** Answer of POST /api/settings/save and POST /api/settings/undo. */
export interface SettingsSaved {
  readonly file: string;
  readonly version: string;
  /** Of the history; absent where it could not be kept. */
  readonly change?: string;
  readonly generation: number;
  readonly inForce: boolean;
  /** Why it is not in force yet, or whatever else has to be said. */
  readonly note?: string;
}

/** Beside `error` and `message` of a refused save or undo. */
export interface SettingsRefusal {
  readonly error: string;
  readonly message: string;
  readonly faults?: readonly SettingsRemark[];
  /** From what the file holds now to what it would hold. */
  readonly diff?: string;
  /** What the file holds now. */
  readonly current?: { readonly version: string; readonly text: string };
  /** What it would have become. */
  readonly yours?: string;
}

/** One change of a file. */
export interface SettingsVersion {
  readonly id: string;
  readonly at: number;
  /** `outside`: an editor, or whatever else writes the file; `at` is when it was seen. */
  readonly by: 'console' | 'undo' | 'outside';
  readonly file: string;
  /** Workspaces whose settings it changed. */
  readonly workspaces: readonly string[];
  /** Whether the file holds now what this change made of it. */
  readonly isCurrent: boolean;
  /** False where there was no file before. */
  readonly canUndo: boolean;
}

/** Answer of GET /api/settings/history?workspace=, newest first; with `&id=` the details of one. */
export interface SettingsHistoryAnswer {
  readonly versions: readonly SettingsVersion[];
  readonly details?: {
    readonly id: string;
    /** What the change did. */
    readonly diff: string;
    /** What undoing it would do to the file as it is now. */
    readonly undo: string;
    /** Of the file as it is now: given back with the undo. */
    readonly version: string;
  };
}

/** Body of POST /api/settings/undo: puts back what the file held before a change. */
export interface SettingsUndo {
  readonly id: string;
  /** Of the file as it is now. */
  readonly version: string;
}

/** Query of GET /api/settings. */
export interface SettingsQuery {
  /** Id of a workspace. Default: the first one. */
  readonly workspace?: string;
}

/** Query of GET /api/settings/history. */
export interface SettingsHistoryQuery {
  /** Changes of this workspace, and those of no workspace, such as of comments. Default: all. */
  readonly workspace?: string;
  /** Of a change: its details are answered as well. */
  readonly id?: string;
}

/** The routes of settings. */
export interface SettingsRoutes {
  /**
   * Settings of a workspace as their file writes them. `kept:1` stands for a key that the file holds itself: left as it is in an edit, it stays the key.
   *
   * @example ?workspace=shop
   */
  readonly settings: { role: 'read'; query: SettingsQuery; answer: SettingsAnswer; errors: 'WORKSPACE_UNKNOWN' };
  /**
   * What an edit would do: to the file, and to the last events of the workspace and a sample, with the settings in force beside the edited ones. Nothing is written.
   *
   * @example {"workspace":"shop","version":"…","changes":[{"path":["eventNamePrefix"],"value":"shop_"}]}
   */
  readonly previewSettings: {
    role: 'read';
    body: SettingsPreviewBody;
    answer: SettingsPreview;
    errors: 'WORKSPACE_UNKNOWN' | 'SETTINGS_CHANGED' | 'SETTINGS_NOT_WRITABLE';
  };
  /**
   * Writes an edit to its file, once it is checked as a load would check it, and says whether it is in force. A refusal has `faults`, `diff`, `current` and `yours` beside `error` and `message`, where there are any.
   *
   * @example {"workspace":"shop","version":"…","changes":[{"path":["eventNamePrefix"],"value":"shop_"}]}
   */
  readonly saveSettings: {
    role: 'write';
    body: SettingsEdit;
    answer: SettingsSaved;
    errors:
      | 'WORKSPACE_UNKNOWN'
      | 'SETTINGS_EDIT_FAULTY'
      | 'SETTINGS_EDIT_INVALID'
      | 'SETTINGS_CHANGED'
      | 'SETTINGS_NOT_WRITABLE'
      | 'SETTINGS_NOT_SAVED';
  };
  /** Changes of settings files, newest first, with what one of them did. */
  readonly settingsHistory: {
    role: 'read';
    query: SettingsHistoryQuery;
    answer: SettingsHistoryAnswer;
    errors: 'SETTINGS_VERSION_UNKNOWN';
  };
  /**
   * Puts back what a file held before a change, checked and written as an edit is. Everything that was changed in the file since is undone, too.
   *
   * @example {"id":"001764500000000-0123abcd","version":"…"}
   */
  readonly undoSettings: {
    role: 'write';
    body: SettingsUndo;
    answer: SettingsSaved;
    errors:
      | 'SETTINGS_VERSION_UNKNOWN'
      | 'SETTINGS_EDIT_FAULTY'
      | 'SETTINGS_CHANGED'
      | 'SETTINGS_NOT_WRITABLE'
      | 'SETTINGS_NOT_SAVED';
  };
}
