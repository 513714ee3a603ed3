// Very many of something: what it costs is measured beside a quarter of as many, in the same minutes, and must not grow faster than with their number.

import { type AudiencesSeen, runAudiences } from '../scale/audiences.js';
import { runEdit } from '../scale/edit.js';
import { runOutage } from '../scale/outage.js';
import type { Cost } from '../scale/plugin.js';
import type { Fault } from './fault.js';

/** Four times as many may cost so many times as much: twice what is linear, for what a busy machine adds. */
const MOST_TIMES = 8;

/** Less is noise, in seconds. */
const LEAST_SECONDS = 0.25;

/** With so many permits a host is found to be down. */
const MOST_PROBES = 40;

const seconds = (value: number) => `${value.toFixed(2)} s`;
const wait = ({ longestWaitMs }: Cost) => `others waited ${longestWaitMs.toFixed(0)} ms`;

function grew(what: string, few: number, many: number): readonly string[] {
  const times = Math.max(many, LEAST_SECONDS) / Math.max(few, LEAST_SECONDS);
  return times <= MOST_TIMES ? [] : [`${what} took ${times.toFixed(1)} times as long for four times as many`];
}

export const manyAudiences: Fault = {
  name: 'many-audiences',
  what: 'one webhook names 4 000 audiences; then the process is killed, and started with 4 000 lanes waiting',
  promise:
    'the cost grows no faster than their number; `/readyz`, `/metrics` and memory of lanes do not grow with names in events',
  async run({ short }) {
    const many = short ? 800 : 4_000;
    const few = await runAudiences(many / 4);
    const all = await runAudiences(many);
    const say = (
      count: number,
      { webhook, restartSeconds, healthyAfterMs, readyAfterMs, readyzLength }: AudiencesSeen,
    ) =>
      `${count}: webhook ${seconds(webhook.processorSeconds)} of processor time, ${wait(webhook)}; start ${seconds(restartSeconds)} of processor time more, /healthz after ${healthyAfterMs.toFixed(0)} ms, /readyz after ${readyAfterMs.toFixed(0)} ms and ${readyzLength} characters`;
    return {
      numbers: [say(many / 4, few), say(many, all)],
      broken: [
        ...grew('the webhook', few.webhook.processorSeconds, all.webhook.processorSeconds),
        ...grew('the start', few.restartSeconds, all.restartSeconds),
        ...(few.status === 200 && all.status === 200
          ? []
          : [`the webhook was answered ${few.status} and ${all.status}`]),
        ...(all.waiting > many * 0.9 ? [] : [`only ${all.waiting} waited after the start`]),
        ...(all.readyzLength <= few.readyzLength * 1.5 ? [] : [`/readyz has ${all.readyzLength} characters`]),
        ...(all.series === few.series
          ? []
          : [`/metrics has ${all.series} series of the outbox instead of ${few.series}`]),
      ],
    };
  },
};

export const manyWorkspaces: Fault = {
  name: 'many-workspaces',
  what: 'Statsig is down for 5 000 workspaces, each with events waiting, and pushes go on',
  promise:
    'a push costs the same however many lanes wait; Statsig is asked by one of them at a time; all is delivered once it is back',
  async run({ short }) {
    const many = short ? 800 : 5_000;
    const pushes = short ? 200 : 1_000;
    const few = await runOutage(many / 4, pushes, false);
    const all = await runOutage(many, pushes, !short);
    const perPush = `${few.pushMs.toFixed(2)} ms of processor time a push with ${many / 4}, ${all.pushMs.toFixed(2)} ms with ${many}`;
    return {
      numbers: [
        perPush,
        `${all.probes} requests to Statsig while it was down`,
        wait({ ...all, processorSeconds: 0 }),
        ...(all.drainedMs === undefined ? [] : [`all delivered ${seconds(all.drainedMs / 1000)} after`]),
      ],
      broken: [
        ...(all.pushMs <= 3 * few.pushMs + 0.5 ? [] : [perPush]),
        ...(all.probes <= MOST_PROBES ? [] : [`${all.probes} requests while Statsig was down`]),
        ...((all.drainedMs ?? 0) < 400_000 ? [] : ['some still wait']),
      ],
    };
  },
};

export const manyDocuments: Fault = {
  name: 'many-documents',
  what: 'one of 3 000 settings documents is edited: in files of their own, and in one file',
  promise: 'the cost grows no faster than their number, and others are served meanwhile',
  async run({ short }) {
    const many = short ? 600 : 3_000;
    const numbers: string[] = [];
    const broken: string[] = [];
    for (const isOneFile of [false, true]) {
      const where = isOneFile ? 'one file' : 'files';
      const few = await runEdit(many / 4, isOneFile);
      const all = await runEdit(many, isOneFile);
      numbers.push(
        `${where}: ${seconds(few.processorSeconds)} of processor time with ${many / 4}, ${seconds(all.processorSeconds)} with ${many}, ${wait(all)}`,
      );
      broken.push(...grew(`an edit of ${where}`, few.processorSeconds, all.processorSeconds));
    }
    return { numbers, broken };
  },
};
