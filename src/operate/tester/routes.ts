// /api/samples and /api/tester: what would become of a body, and what a target answers to it.

import { PluginError } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import type { SteadyClock } from '../../base/steady-clock.js';
import type { RequestReader } from '../../http/request-reader.js';
import type { RouteCode } from '../../http/route.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { Tried } from '../../sources/tester/tried.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import { maskedFields } from './masked-fields.js';
import { readSamples } from './samples.js';
import { sendEvent, whyKept } from './send-event.js';
import type { SendAnswer, SendBody, SentAnswer, TesterRoutes } from './shapes.js';
import { readBody, TrialError, tryBody, tryEvents } from './try-body.js';

/** What the routes work with. */
export interface TesterRoutesDeps extends OperatorApi {
  readonly store: WorkspaceStore;
  readonly clock: SteadyClock;
  /** Told of everything that was sent. */
  readonly onSent?: (sent: readonly SentAnswer[]) => void;
}

/** A person types it or pastes it. */
const MOST = { bytes: 1_048_576, raisedBy: 'nothing raises it' };

/** Events that are sent at once: each is a request of its own. */
const MAX_SENT = 10;

/** Ids that the choice of a workspace shows. */
const MAX_WORKSPACES = 1_000;

function reading(reader: RequestReader): RequestReader {
  return { withBody: (request, use, lower = MOST) => reader.withBody(request, use, lower) };
}

/** The routes of the tester. */
export function createTesterRoutes({
  store,
  access,
  reader,
  clock,
  onSent,
}: TesterRoutesDeps): Readonly<Record<keyof TesterRoutes, RouteCode>> {
  async function send(asked: SendBody, signal: AbortSignal): Promise<SendAnswer> {
    const masked = maskedFields(readBody(asked.body));
    if (masked.length > 0) throw new PluginError('TESTER_BODY_MASKED', masked.join(', '));
    const kept: { event: number; why: string }[] = [];
    const sendable: Tried[] = [];
    let event = 0;
    // All of them first: where one is refused with its whole body, none is sent.
    for (const tried of tryEvents(asked, { store, now: clock.wall }, () => {})) {
      const why = sendable.length >= MAX_SENT ? `Only ${MAX_SENT} events are sent at once.` : whyKept(tried);
      if (why === undefined) sendable.push(tried);
      else kept.push({ event, why });
      event += 1;
    }
    const sent: SentAnswer[] = [];
    for (const tried of sendable) {
      const answers = await sendEvent(tried, { signal, steady: clock.now });
      onSent?.(answers);
      sent.push(...answers);
    }
    return { sent, kept };
  }

  return createOperatorRoutes<TesterRoutes>(
    { access, reader: reading(reader) },
    {
      samples: () => ({
        workspaces: store.documents.slice(0, MAX_WORKSPACES).map(({ id }) => id),
        samples: readSamples(),
      }),
      async tester({ body }) {
        const answer = await tryBody(body, { store, now: clock.wall });
        // Parsing needs no stack, writing does.
        if (toJsonText(answer) === undefined) throw new PluginError('TESTER_BODY_INVALID', 'it is nested too deep');
        return answer;
      },
      async sendTested({ body, response }) {
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        try {
          return await send(body, gone.signal);
        } catch (error) {
          if (error instanceof TrialError && error.code === 'WORKSPACE_NOT_NAMED')
            throw new PluginError(error.code, error.detail);
          if (error instanceof TrialError) throw new PluginError('TESTER_BODY_INVALID', error.message);
          throw error;
        }
      },
    },
  );
}
