// The RudderStack transformation: an event becomes the body of log_event, which a Webhook destination posts.

import { SDK_TYPE, VERSION } from '../base/version.js';
import { describeInvalid } from '../convert/describe-invalid.js';
import { convertInbound } from '../convert/inbound.js';
import { parseSettings, type Workspace } from '../convert/workspace.js';
import type { JsonObject } from '../model/segment-event.js';

/** The key stands in the Webhook destination, as a header, and not here. */
const OF_THE_DESTINATION = 'of-the-destination';

let workspace: Workspace | undefined;

/**
 * Rewrites one event.
 *
 * @param written the document in the script
 * @returns what is posted; `null` for an event that is filtered. rudder-server wants a `type`, which Statsig does not read
 * @throws Error for an event that cannot be sent: rudder-server reports it and does not try again
 */
export function transform(written: JsonObject, event: JsonObject): JsonObject | null {
  workspace ??= parseSettings({ ...written, secretKey: OF_THE_DESTINATION });
  const result = convertInbound(event, workspace, { source: 'rudderstack' });
  switch (result.kind) {
    case 'event':
      return {
        type: 'track',
        messageId: event.messageId,
        events: [JSON.parse(result.payload)],
        statsigMetadata: { sdkType: SDK_TYPE, sdkVersion: VERSION },
      };
    case 'filtered':
      return null;
    case 'invalid':
      throw new Error(describeInvalid(result));
    default:
      throw new Error('A transformation cannot change ID lists: that needs the server.');
  }
}
