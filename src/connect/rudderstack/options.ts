// What connecting RudderStack is told.

import type { Secret } from '../../base/secret.js';
import type { Arrivals } from '../arrival.js';
import type { Patience } from '../patient-call.js';

/** Where an export is had. */
export type ExportPlace =
  /** workspaceConfig.json. */
  | { readonly kind: 'file'; readonly file: string }
  /** The same as a text, where a file would leave its keys on disk. */
  | { readonly kind: 'text'; readonly text: Secret }
  /** A control plane, as rudder-server asks it. */
  | {
      readonly kind: 'control-plane';
      /** Without a slash at its end: rudder-server's CONFIG_BACKEND_URL. */
      readonly url: string;
      /** rudder-server's WORKSPACE_TOKEN; its HOSTED_SERVICE_SECRET where a namespace is named. */
      readonly token: Secret;
      /** Of a rudder-server with several workspaces: its WORKSPACE_NAMESPACE. */
      readonly namespace?: string;
    };

/** What connecting RudderStack is told. */
export interface ConnectRudderStackOptions {
  /** Not read by `undo`. */
  readonly from: ExportPlace | undefined;
  /** A settings directory, a file, or the URL of a config service. */
  readonly settingsLocation: string;
  /** For the config service. */
  readonly settingsToken?: Secret | undefined;
  /** Id of the settings document. Default: that which claims a part of it already, else that of the same Statsig project, else the only one, else new ones. */
  readonly workspace?: string;
  /** Ids or names of the STATSIG destinations that are claimed. Default: all that rudder-server sends to. */
  readonly destinations?: readonly string[];
  /** Ids or names of sources of the general type `webhook` that Statsig posts to. */
  readonly webhookSources?: readonly string[];
  /** Claims whole workspaces of RudderStack, with the STATSIG destinations that are made later. */
  readonly byWorkspace?: boolean;
  /** `env:NAME` or `file:PATH` of the Statsig server secret, for documents that name none. */
  readonly secretKey?: string;
  /** Keeps the keys of the destinations in files, which the documents name, so that other senders can use them. */
  readonly keepKeys?: boolean;
  /** Address of this plugin's private port, as rudder-server reaches it; without a slash at its end. */
  readonly pluginUrl: string;
  /** Address of the stock transformer; `undefined`: there is none. */
  readonly transformerUrl?: string;
  /** Address of rudder-server's gateway: one event goes through it. Without it none does. */
  readonly dataPlaneUrl?: string;
  /** Sees the event arrive. Without it no one looks. */
  readonly arrivals?: Arrivals;
  /** Ends waiting. */
  readonly signal?: AbortSignal;
  /** Waits between two tries. Default: as long as it says. */
  readonly pause?: Patience['pause'];
}
