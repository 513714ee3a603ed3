// The types of manifest.json.

import type { Fate } from '../../transform/event-types.js';

/** Form fields that a setting can be shown as; the names are those of RudderStack's form definitions. */
export type FormFieldType = 'textInput' | 'singleSelect' | 'checkbox' | 'tagInput' | 'mapping';

/** True while a setting has this value. */
export interface SettingCondition {
  readonly setting: string;
  readonly is: string | boolean;
}

/** How a form shows a setting. */
export interface FormField {
  readonly field: FormFieldType;
  /** A key of the manifest's `settingSections`. */
  readonly section: string;
  /** Shown instead of the setting's description. */
  readonly note?: string;
  readonly placeholder?: string;
  /** What the form starts with, where that is not the setting's default. */
  readonly default?: string;
  /** Text of each choice of a `singleSelect`; without one the value itself is shown. */
  readonly optionLabels?: Readonly<Record<string, string>>;
  /** The key that holds the text in each row of a `tagInput`: `[{"eventName": "Order *"}]`. */
  readonly tagKey?: string;
  /** The field is shown only while another setting has this value. */
  readonly showWhen?: SettingCondition;
}

/** The JSON Schema keywords that settings use. */
export interface ValueSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: ValueSchema;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly default?: unknown;
  /** Never printed. */
  readonly secret?: true;
  /** It is of no use without this direction. */
  readonly direction?: Direction;
}

/** JSON Schema of one setting, with the keywords this project adds. */
export interface SettingSchema extends ValueSchema {
  readonly title: string;
  readonly description: string;
  /** Allowed in a settings document only, not in a destination Config. */
  readonly documentOnly?: true;
  /** A Config cannot be saved without it: always, or while another setting has this value. */
  readonly requiredInConfig?: true | SettingCondition;
  /** Absent: no form shows the setting. */
  readonly ui?: FormField;
}

/** JSON Schema of a whole settings document. */
export interface SettingsSchema {
  readonly title: string;
  readonly description: string;
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, SettingSchema>>;
}

/** One environment variable of the process. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number | boolean;
  readonly secret?: true;
}

/** Which port serves routes: the one for rudder-server and operators, or the one for senders outside. */
export type Listener = 'private' | 'public';

/** Into Statsig, or out of it. */
export type Direction = 'inbound' | 'outbound';

/** One HTTP route. */
export interface DeclaredRoute {
  /** Of the code that serves it, unique within the protocol. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** With the parameters that the code reads: `/segment/:workspace`. */
  readonly path: string;
  /** More paths of the same route. Metrics and logs call it by its `path`. */
  readonly aliases?: readonly string[];
  /** Where that is not its protocol's. */
  readonly listener?: Listener | 'both';
  /** Where that is not its protocol's. */
  readonly direction?: Direction;
  readonly purpose: string;
}

/** Routes that one kind of peer calls. */
export interface ProtocolRoutes {
  readonly title: string;
  readonly listener: Listener;
  /** Absent: the routes serve neither, unless they say so themselves. */
  readonly direction?: Direction;
  readonly routes: readonly DeclaredRoute[];
}

/** How RudderStack is told about the destination. The terms are those of its destination definitions. */
export interface RudderStackDestination {
  readonly transformAtV1: 'processor' | 'router' | 'none';
  readonly cdkV2Enabled: boolean;
  readonly saveDestinationResponse: boolean;
  readonly sourceTypes: readonly string[];
  /** Source types that still have OneTrust's and Ketch's own consent keys. */
  readonly legacyConsentSourceTypes: readonly string[];
  readonly connectionModes: readonly string[];
}

/** How RudderStack is told about Statsig as a source. */
export interface RudderStackSource {
  readonly name: string;
  readonly category: string;
  readonly displayName: string;
  readonly type: string;
}

/** What manifest.json holds. */
export interface Manifest {
  /** The destination's type in RudderStack. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** What belongs to another one is not served. */
  readonly directions: readonly Direction[];
  /** What becomes of each event type. */
  readonly eventTypes: Readonly<Record<string, Fate>>;
  /** The types that mode `webhook` relays, whatever becomes of them otherwise. */
  readonly relayedEventTypes: readonly string[];
  readonly protocols: Readonly<Record<string, ProtocolRoutes>>;
  /** Titles and notes of the groups that forms show settings in. */
  readonly settingSections: Readonly<Record<string, { readonly title: string; readonly note: string }>>;
  readonly settings: SettingsSchema;
  readonly environment: readonly EnvironmentVariable[];
  readonly rudderstack: { readonly destination: RudderStackDestination; readonly source: RudderStackSource };
}
