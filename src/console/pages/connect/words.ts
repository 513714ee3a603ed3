// What the words of connecting are called on the page.

import type { ConnectDeed, ConnectState, ConnectVerb, ConnectWay } from '../../../operate/connect/shapes.js';
import type { Tone } from '../../components/tone.js';

/** Ways, in the order of the tabs. */
export const WAYS: Readonly<Record<ConnectWay, string>> = {
  segment: 'Segment',
  oauth: 'Segment by OAuth',
  statsig: 'Statsig',
  rudderstack: 'RudderStack',
};

/** Deeds, while they are under way. */
export const VERBS: Readonly<Record<ConnectVerb, string>> = {
  look: 'Look',
  plan: 'Plan',
  apply: 'Connect',
  planUndo: 'Plan of the undo',
  undo: 'Undo',
};

/** How a deed stands. */
export const STATES: Readonly<Record<ConnectState, { readonly text: string; readonly tone: Tone }>> = {
  running: { text: 'Under way', tone: 'accent' },
  consent: { text: 'Waits for consent', tone: 'warn' },
  ready: { text: 'Ready', tone: 'accent' },
  done: { text: 'Done', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  stopped: { text: 'Stopped', tone: 'warn' },
};

/** Whether anything may still come of it. */
export const isOpen = ({ state }: Pick<ConnectDeed, 'state'>): boolean =>
  state === 'running' || state === 'consent' || state === 'ready';

/** Why a session without the right to change may not do it. */
export const READ_ONLY = 'This session may look and change nothing.';
