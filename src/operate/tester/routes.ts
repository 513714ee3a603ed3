// /api/samples and /api/tester: what would become of a body, and what a target answers to it.

import { PluginError } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import type { SteadyClock } from '../../base/steady-clock.js';
import type { RequestReader } from '../../http/request-reader.js';
import type { RouteCode } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { TESTED_SOURCES, type TestedSource } from '../../sources/tester/source-tester.js';
import type { OperatorAccess } from '../access/operator-access.js';
import { readSamples } from './samples.js';
import { sendEvent, whyKept } from './send-event.js';
import type { SamplesAnswer, SendAnswer, SentAnswer, TesterBody } from './shapes.js';
import { readBody, TrialError, tryBody, tryEvents } from './try-body.js';

/** What the routes work with. */
export interface TesterRoutesDeps {
  readonly store: WorkspaceStore;
  readonly access: OperatorAccess;
  readonly reader: RequestReader;
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

function isSource(value: unknown): value is TestedSource {
  return TESTED_SOURCES.some((source) => source === value);
}

function readAsked(value: unknown): TesterBody {
  if (!isJsonObject(value) || !isSource(value.source) || !Object.hasOwn(value, 'body'))
    throw new PluginError('TESTER_BODY_INVALID');
  const { source, workspace, body, settings } = value;
  if (workspace !== undefined && typeof workspace !== 'string')
    throw new PluginError('TESTER_BODY_INVALID', 'workspace');
  if (settings !== undefined && !isJsonObject(settings)) throw new PluginError('TESTER_BODY_INVALID', 'settings');
  return { source, body, ...(workspace !== undefined && { workspace }), ...(settings !== undefined && { settings }) };
}

/** The routes of the tester. */
export function createTesterRoutes({
  store,
  access,
  reader,
  clock,
  onSent,
}: TesterRoutesDeps): Readonly<Record<'samples' | 'tester' | 'sendTested', RouteCode>> {
  async function send(asked: TesterBody, signal: AbortSignal): Promise<SendAnswer> {
    const kept: { event: number; why: string }[] = [];
    const sent: SentAnswer[] = [];
    let event = 0;
    let sentEvents = 0;
    for (const tried of tryEvents({ ...asked, body: readBody(asked.body) }, { store, now: clock.wall }, () => {})) {
      const why = sentEvents >= MAX_SENT ? `Only ${MAX_SENT} events are sent at once.` : whyKept(tried);
      if (why === undefined) {
        sentEvents += 1;
        const answers = await sendEvent(tried, { signal, steady: clock.now });
        onSent?.(answers);
        sent.push(...answers);
      } else kept.push({ event, why });
      event += 1;
    }
    return { sent, kept };
  }

  return {
    samples: {
      async handle(request, response) {
        await access.assertRead(request);
        const workspaces = store.documents.slice(0, MAX_WORKSPACES).map(({ id }) => id);
        const answer: SamplesAnswer = { workspaces, samples: readSamples() };
        sendJsonText(response, 200, toJsonText(answer) ?? '{}');
      },
    },
    tester: {
      async handle(request, response) {
        await access.assertRead(request);
        const asked = await reader.withBody(request, async (body) => readAsked(await body.parse()), MOST);
        const answer = await tryBody(asked, { store, now: clock.wall });
        const text = toJsonText(answer);
        if (text === undefined) throw new PluginError('TESTER_BODY_INVALID', 'the body is nested too deep');
        sendJsonText(response, 200, text);
      },
    },
    sendTested: {
      async handle(request, response) {
        await access.assertWrite(request);
        const asked = await reader.withBody(request, async (body) => readAsked(await body.parse()), MOST);
        if (asked.settings !== undefined)
          throw new PluginError('TESTER_BODY_INVALID', 'settings: it is sent with those in force');
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        try {
          sendJsonText(response, 200, toJsonText(await send(asked, gone.signal)) ?? '{}');
        } catch (error) {
          if (!(error instanceof TrialError)) throw error;
          throw new PluginError('TESTER_BODY_INVALID', error.message);
        }
      },
    },
  };
}
