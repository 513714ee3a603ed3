// `statsig-cdp demo`: plays made-up events through the plugin, both ways, between stand-ins on this machine.

import { globalAgent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { say } from '../base/terminal.js';
import { sendRequest } from '../contract/send-request.js';
import { SCENES, type Scene, type Sent } from './demo/scenes.js';
import { NAMES, showAnswer, showArrived, showSent } from './demo/show.js';
import { DEMO, openStage, type Places, type Stage } from './demo/stage.js';

/** Statsig is asked again after seconds; what takes longer than this does not come. */
const MAX_WAIT_MS = 60_000;

function milliseconds(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It is no number of milliseconds.');
  return number;
}

const placesOf = (places: Places) => Object.entries(places) as [keyof Places, Places[keyof Places]][];

async function send(url: string, sent: Sent): Promise<void> {
  say(showSent(sent));
  const { status, text } = await sendRequest(sent, { url, agent: globalAgent, now: Date.now() });
  say(showAnswer(status, text));
}

async function play({ url, places }: Stage, scene: Scene, signal: AbortSignal): Promise<void> {
  const awaited = placesOf(places).map(([name, place]) => ({
    place,
    count: place.requests.length + (scene.arrives[name] ?? 0),
  }));
  for (const sent of scene.send()) await send(url, sent);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MAX_WAIT_MS)]);
  await Promise.all(awaited.map(({ place, count }) => place.received(count, limit)));
}

function introduce({ url, places, settingsFile }: Stage): void {
  say(
    'Made-up events, on this machine alone. The plugin is real, the others are stand-ins. Ctrl-C ends it and leaves nothing.\n',
  );
  for (const [name, at] of [['plugin', url], ...placesOf(places).map(([name, place]) => [NAMES[name], place.url])])
    say(`   ${name?.padEnd(13)} ${at}`);
  say(`   ${'settings'.padEnd(13)} ${settingsFile}`);
}

function invite({ url }: Stage): void {
  say('\nThat is all. It goes on, and shows what arrives, until Ctrl-C. Send your own:\n');
  say(`   curl -s ${url}/v1/track -u ${DEMO.writeKey}: -d '{"event":"Signed Up","userId":"user-1"}'`);
}

/** @param paceMs between two scenes */
async function perform(paceMs: number, exits: boolean, signal: AbortSignal): Promise<void> {
  let statsigSays: number | undefined;
  const stage = await openStage((place) => (request) => {
    // The plugin asks for the transformer's features at its start, not because of an event.
    if (place === 'transformer' && request.method === 'GET') return undefined;
    const status = place === 'statsig' ? statsigSays : undefined;
    say(showArrived(place, request, status));
    if (status === undefined) return undefined;
    statsigSays = undefined;
    return { status };
  });
  try {
    introduce(stage);
    for (const [index, scene] of SCENES.entries()) {
      await sleep(paceMs, undefined, { signal });
      say(`\n${index + 1}. ${scene.title}`);
      statsigSays = scene.statsigSays;
      await play(stage, scene, signal);
    }
    if (exits) return;
    invite(stage);
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await stage.close();
  }
}

/** Adds the command. */
export function addDemoCommand(command: Command): void {
  command
    .option('--pace <ms>', 'milliseconds between two scenes', milliseconds, 2_000)
    .option('--exit', 'end after the last scene')
    .action(async ({ pace, exit = false }: { readonly pace: number; readonly exit?: boolean }) => {
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
      await perform(pace, exit, stop.signal);
      // What the plugin asks of a stand-in that is gone has seconds of time left.
      process.exit();
    });
}
