// Has Statsig's event webhook post to us: a person enters the URL and copies the secret, and both are seen to work.

import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import type { OpenSettings } from '../settings-file.js';
import type { HandStep } from '../step.js';
import type { Task } from '../tasks.js';
import type { ConnectStatsigOptions, WebhookSign } from './options.js';
import { signingTasks } from './signing-secret.js';
import { findUrlFault } from './webhook-url.js';

/** The address that Statsig posts events to. */
export function webhookUrl(publicUrl: string, workspace: string): string {
  return `${publicUrl}/statsig/${workspace}`;
}

async function urlTask(url: string, signal: AbortSignal | undefined): Promise<Task> {
  const fault = await findUrlFault(url, signal);
  const shared = { id: 'webhook-url', call: { method: 'POST', url } };
  if (fault === undefined)
    return { step: { ...shared, title: `${url} answers as Statsig asks`, kind: 'call', state: 'there' } };
  return { step: { ...shared, title: fault, kind: 'by-hand', state: 'to-do' } };
}

function clicks(url: string): readonly HandStep[] {
  return [
    { text: 'In Statsig: Project Settings > Integrations > Generic Webhook. Enter the URL:', paste: url },
    { text: 'Click Enable. Statsig asks this address at once.' },
    { text: 'Choose the events under Event Filtering: what Statsig does not post costs nothing.' },
    {
      text: "If Statsig's own outbound integration with the same Segment source is on, switch it off: Segment gets everything twice.",
    },
  ];
}

function dated(title: string, at: number | undefined): string {
  return at === undefined ? title : `${title} (${new Date(at).toISOString()})`;
}

const WAITS: Readonly<Record<WebhookSign, { readonly id: string; readonly open: string; readonly seen: string }>> = {
  handshake: {
    id: 'handshake',
    open: 'Wait until Statsig asks whether the URL is right',
    seen: 'Statsig has asked whether the URL is right',
  },
  event: {
    id: 'first-event',
    open: 'Wait for the first signed event',
    seen: 'Signed events come',
  },
};

/** The tasks about the event webhook; asks our own address, and a running process. @throws ConnectError */
export async function webhookTasks(
  settings: OpenSettings,
  document: WorkspaceDocument | undefined,
  options: ConnectStatsigOptions,
): Promise<readonly Task[]> {
  const { publicUrl, workspace, watch, signal } = options;
  if (publicUrl === undefined) return [];
  const url = webhookUrl(publicUrl, workspace);
  // Looked up before our own question is asked.
  const seen = (await watch?.seen(workspace)) ?? {};
  const isRegistered = seen.handshake !== undefined || seen.event !== undefined;
  const signing = await signingTasks(settings, document, options);

  function waitTask(sign: WebhookSign, isSeen: boolean, isReady: () => boolean): Task {
    const { id, open, seen: title } = WAITS[sign];
    if (isSeen) return { step: { id, title: dated(title, seen[sign]), kind: 'wait', state: 'there' } };
    return {
      step: { id, title: open, kind: 'wait', state: 'to-do' },
      async run() {
        if (watch === undefined) return { result: 'by-hand', problem: 'No one waits: the live log shows what comes.' };
        if (!isReady()) return { result: 'by-hand', problem: 'It waits for the signing secret.' };
        return watch.waitFor(sign, workspace);
      },
    };
  }

  const entered = { id: 'event-webhook', title: `Have Statsig post events to ${url}`, kind: 'by-hand' } as const;
  return [
    await urlTask(url, signal),
    { step: isRegistered ? { ...entered, state: 'there' } : { ...entered, state: 'to-do', byHand: clicks(url) } },
    waitTask('handshake', isRegistered, () => true),
    ...signing.tasks,
    waitTask('event', seen.event !== undefined, signing.isPlaced),
  ];
}
