// What connecting by OAuth is told.

import type { Patience } from '../patient-call.js';
import type { OAuthApp } from './app.js';

/** What connecting by OAuth is told. */
export interface ConnectByOAuthOptions {
  readonly app: OAuthApp;
  /** Id of the settings document. */
  readonly workspace: string;
  /** Address of the listener for senders, as Segment reaches it; without a slash at its end. */
  readonly publicUrl: string;
  /** A settings directory, a file, or the URL of a config service. */
  readonly settingsLocation: string;
  /** Where secrets that are made are kept. Default: `secrets` beside the settings files. */
  readonly secretsDirectory?: string;
  /** The source, where more than one is allowed: `workspaces/shop/sources/web`, or the last part of it. */
  readonly source?: string;
  /** The install of the app, where it was allowed before and the file that remembers it is not here: `installs/7`. */
  readonly install?: string;
  /** Whether steps by hand show secrets themselves, and not the files that they stand in. */
  readonly showSecrets?: boolean;
  /** Whether our address is asked with the new secrets before Segment is told of them. Default: yes. */
  readonly reach?: boolean;
  readonly patience?: Patience;
}
