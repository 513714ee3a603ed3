// Sends events with Segment's or RudderStack's Node SDK, as its standard input says, and tells what the SDK reports of each.
//
// Arguments: the SDK, then the address and the write key, or `version`. Input: `event ID BYTES`, `call METHOD JSON` and `flush`, one a line. Output: `sent ID`, `failed ID REASON`.
// The SDKs are found from the directory in SDK_MODULES.

const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

const [, , sdk, url, writeKey] = process.argv;
const PACKAGES = { segment: '@segment/analytics-node', rudderstack: '@rudderstack/rudder-sdk-node' };
const load = createRequire(`${process.env.SDK_MODULES}/x.js`);

function report(id, error) {
  const reason = error?.reason ?? error;
  const text = String(reason?.message ?? reason).replace(/\s+/g, ' ');
  console.log(error === undefined || error === null ? `sent ${id}` : `failed ${id} ${text.slice(0, 200)}`);
}

function createSender() {
  if (sdk === 'segment') {
    const { Analytics } = load(PACKAGES.segment);
    const { origin, pathname } = new URL(url);
    const analytics = new Analytics({ writeKey, host: origin, path: `${pathname.replace(/\/$/, '')}/v1/batch` });
    return {
      call: (method, event, done) => analytics[method](event, done),
      end: () => analytics.closeAndFlush({ timeout: 90_000 }),
    };
  }
  const Analytics = load(PACKAGES.rudderstack);
  const client = new Analytics(writeKey, {
    dataPlaneUrl: url,
    logLevel: 'silent',
    // Without one the SDK throws what no one can catch, and the process ends.
    errorHandler: () => {},
  });
  return {
    call: (method, event, done) => client[method](event, done),
    end: () => client.flush().catch(() => {}),
  };
}

async function main() {
  const sender = createSender();
  const open = new Set();
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, id, bytes] = line.split(' ');
    if (word === 'call') {
      const call = Symbol(id);
      open.add(call);
      sender.call(id, JSON.parse(line.slice(`call ${id} `.length)), () => open.delete(call));
    }
    if (word !== 'event') continue;
    open.add(id);
    const event = {
      userId: id.split('/')[0],
      event: 'Größe gewählt',
      messageId: id,
      properties: { id, filling: 'ä'.repeat(Number(bytes) / 2) },
    };
    const done = (error) => {
      if (!open.delete(id)) return;
      report(id, error);
    };
    try {
      sender.call('track', event, done);
    } catch (error) {
      done(error);
    }
  }
  // What is retried is under way still.
  const end = Date.now() + 90_000;
  while (open.size > 0 && Date.now() < end) {
    await sender.end();
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (sdk === 'segment') break;
  }
  for (const id of open) console.log(`failed ${String(id)} never reported`);
  process.exit(0);
}

if (url === 'version') console.log(load(`${PACKAGES[sdk]}/package.json`).version);
else main();
