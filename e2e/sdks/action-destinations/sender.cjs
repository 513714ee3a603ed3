// Delivers as Segment's webhook destinations do, with the code that Segment publishes of them (action-destinations), and tells what became of it.
//
// Argument: `version`, or none. Input, one JSON a line: `{"destination", "settings", "mapping", "events"}`, where one event is delivered alone and a list as a batch, or
// `{"destination", "settings", "ask": "createAudience" | "getAudience", …}`. Output, a line for each: `answered`, `failed STATUS REASON`.
// The package is found from the directory in SDK_MODULES.

const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

const PACKAGE = '@segment/action-destinations';
const load = createRequire(`${process.env.SDK_MODULES}/x.js`);

/** Deletions, too: so a destination that has no other way gets them, if it gets any. */
const SUBSCRIBE = ['track', 'identify', 'page', 'screen', 'group', 'alias', 'delete']
  .map((type) => `type = "${type}"`)
  .join(' or ');

function run({ destination, settings, mapping, events, ask, ...question }) {
  const { Destination } = load('@segment/actions-core');
  const kit = new Destination(load(`${PACKAGE}/dist/destinations/${destination}`).default);
  if (ask !== undefined) return kit[ask]({ settings, ...question });
  const subscription = { name: 'Send', subscribe: SUBSCRIBE, partnerAction: 'send', mapping };
  return kit[Array.isArray(events) ? 'onBatch' : 'onEvent'](events, { ...settings, subscription });
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      await run(JSON.parse(line));
      console.log('answered');
    } catch (error) {
      const text = String(error?.message ?? error).replace(/\s+/g, ' ');
      console.log(`failed ${error?.response?.status ?? 'unanswered'} ${text.slice(0, 200)}`);
    }
  }
}

if (process.argv[2] === 'version') console.log(load(`${PACKAGE}/package.json`).version);
else main();
