// The routes at which Segment's Webhook Audiences makes and looks up the list of an audience.

import { PluginError } from '../../base/errors.js';
import type { BodyLimit } from '../../http/body-limit.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import type { RouteCode, RouteHandler } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { isListId, toListId } from '../../transform/inbound/list-id.js';
import { toNonBlankText } from '../../transform/scalars.js';
import { proveAudienceSender } from './audience-sender.js';

/** Lists of a workspace in Statsig. */
export interface AudienceLists {
  /**
   * Makes the list where it does not exist.
   *
   * @returns its id
   * @throws PluginError STATSIG_UNAVAILABLE
   */
  findOrCreate(audiences: CompiledAudiences, listId: string): Promise<string>;
  /** @throws PluginError STATSIG_UNAVAILABLE */
  exists(audiences: CompiledAudiences, listId: string): Promise<boolean>;
}

/** What the routes work with. */
export interface AudienceDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  /** Compiled once per revision of the document, which is the caller's to see to. */
  readonly compile: (document: WorkspaceDocument) => Pick<CompiledWorkspace, 'audiences'>;
  readonly idLists: AudienceLists;
  /** Told of each list that is made or looked up. Default: no one. */
  readonly onAudience?: ((deed: AudienceDeed) => void) | undefined;
}

/** What was done about an audience. */
export interface AudienceDeed {
  readonly workspaceId: string;
  readonly deed: 'create audience' | 'get audience';
  readonly listId: string;
}

/**
 * Bytes of a call, before and after decompression: its proof may stand in the body, which is parsed for it. What Segment sends is a name or an id, and the
 * settings of the audience beside it (Segment's action-destinations, Webhook Audiences).
 */
const CALL_LIMIT: BodyLimit = { bytes: 64 * 1024, raisedBy: 'no setting raises it' };

/** What a call asks for; resolves with the id of the list. */
type FindList = (audiences: CompiledAudiences, body: JsonObject) => Promise<string>;

/** Some characters stay none: a name of nothing but spaces would make a list that no one can tell from the next. */
function textAt(body: JsonObject, field: string): string {
  const text = toNonBlankText(body[field]);
  if (text === undefined) throw new PluginError('AUDIENCE_NAME_MISSING', `\`${field}\``);
  return text;
}

/**
 * `createAudience` and `getAudience`. Both answer `{"externalId": "..."}`, which Segment gives back in each event of the audience
 * (Segment's action-destinations, Webhook Audiences).
 */
export function createAudienceRoutes({
  reader,
  store,
  compile,
  idLists,
  onAudience,
}: AudienceDeps): Readonly<Record<'createAudience' | 'getAudience', RouteCode>> {
  const create: FindList = (audiences, body) => idLists.findOrCreate(audiences, toListId(textAt(body, 'audienceName')));

  const get: FindList = async (audiences, body) => {
    const listId = textAt(body, 'externalId');
    // It becomes a part of a path at Statsig.
    if (!isListId(listId) || !(await idLists.exists(audiences, listId))) throw new PluginError('AUDIENCE_UNKNOWN');
    return listId;
  };

  function answer(findList: FindList, deed: AudienceDeed['deed']): RouteHandler {
    return (request, response) => {
      if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
      const use = async (read: ReadBody) => {
        const parsed = await read.parse();
        const body = isJsonObject(parsed) ? parsed : {};
        const document = proveAudienceSender(store, request.headers, String(request.params.workspace), body.secret);
        const { audiences } = compile(document);
        if (audiences === undefined) throw new PluginError('AUDIENCES_OFF');
        const listId = await findList(audiences, body);
        sendJsonText(response, 200, JSON.stringify({ externalId: listId }));
        onAudience?.({ workspaceId: document.id, deed, listId });
      };
      return reader.withBody(request, use, CALL_LIMIT);
    };
  }

  const params = ['workspace'];
  return {
    createAudience: { params, handle: answer(create, 'create audience') },
    getAudience: { params, handle: answer(get, 'get audience') },
  };
}
