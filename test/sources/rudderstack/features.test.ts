// GET /features: what rudder-server gets to know about this plugin and the stock transformer behind it, also on bad days.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { merged, STOCK, serveFeatures, serveTransformer } from '../../../testkit/features.js';
import { serve } from '../../../testkit/loopback.js';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { port, close } = await serve(() => {});
  await close();
  return port;
}

describe('without an upstream', () => {
  for (const routerTransform of [true, false]) {
    it(`states what the plugin serves, with router transform ${routerTransform}`, async (context) => {
      const features = await serveFeatures(context, { routerTransform });
      assert.deepEqual(await features.get(), {
        routerTransform: { STATSIG: routerTransform },
        regulations: ['STATSIG'],
        supportSourceTransformV1: true,
        upgradedToSourceTransformV2: true,
        supportTransformerProxyV1: true,
        supportDestTransformCompactedPayloadV1: true,
      });
      await features.refresh();
      assert.equal(features.state(), 'standalone');
    });
  }
});

describe('with an upstream', () => {
  for (const routerTransform of [true, false]) {
    it(`states the upstream's features with STATSIG ${routerTransform}, raises no flag and keeps unknown keys`, async (context) => {
      const transformer = await serveTransformer(context);
      const features = await serveFeatures(context, { routerTransform, upstream: { url: `${transformer.url}/` } });
      assert.equal(features.state(), 'waiting');
      assert.deepEqual(await features.get(), merged(STOCK, routerTransform));
      assert.equal(features.state(), 'fresh');
    });
  }

  it('overrules what the upstream says about STATSIG', async (context) => {
    const transformer = await serveTransformer(context);
    transformer.text = JSON.stringify({ ...STOCK, routerTransform: { STATSIG: true } });
    const features = await serveFeatures(context, { routerTransform: false, upstream: transformer });
    assert.deepEqual(await features.get(), merged({ ...STOCK, routerTransform: {} }, false));
  });

  for (const [title, regulations, stated] of [
    ['after those of the upstream', ['BRAZE', 'AM'], ['BRAZE', 'AM', 'STATSIG']],
    ['once', ['STATSIG', 'AM'], ['STATSIG', 'AM']],
    ['not to an empty list', [], []],
    ['not to what is no list', 'AM', 'AM'],
    ['not where the upstream has no list', undefined, undefined],
  ] as const) {
    it(`announces the deletion of users: ${title}`, async (context) => {
      const transformer = await serveTransformer(context);
      transformer.text = JSON.stringify({ ...STOCK, regulations });
      const features = await serveFeatures(context, { upstream: transformer });
      const document = (await features.get()) as { readonly regulations?: unknown };
      assert.deepEqual(document.regulations, stated);
    });
  }

  for (const flag of ['upgradedToSourceTransformV2', 'supportSourceTransformV1']) {
    it(`takes a document with nothing but ${flag}`, async (context) => {
      const transformer = await serveTransformer(context);
      transformer.text = JSON.stringify({ [flag]: true });
      const features = await serveFeatures(context, { upstream: transformer });
      assert.deepEqual(await features.get(), { [flag]: true, routerTransform: { STATSIG: true } });
    });
  }

  it('follows the upstream when it changes', async (context) => {
    const transformer = await serveTransformer(context);
    const features = await serveFeatures(context, { upstream: transformer });
    await features.get();
    const later = { ...STOCK, supportTransformerProxyV1: true, regulations: [] };
    transformer.text = JSON.stringify(later);
    assert.deepEqual(await features.get(), merged(later));
  });

  it('asks once for requests that come at the same time', async (context) => {
    const transformer = await serveTransformer(context);
    transformer.silent = true;
    const features = await serveFeatures(context, { upstream: transformer });
    const asked = once(transformer.server, 'request');
    let arrived = 0;
    const all = new Promise<void>((resolve) => {
      features.server.on('request', () => {
        arrived += 1;
        if (arrived === 5) resolve();
      });
    });
    const answers = Promise.all(Array.from({ length: 5 }, features.get));
    const [, response] = await asked;
    await all;
    response.end(JSON.stringify(STOCK));
    assert.deepEqual(await answers, Array(5).fill(merged(STOCK)));
    assert.equal(transformer.asked, 1);
  });
});

/** Everything an upstream may say that must never reach rudder-server. */
const FAILURES: readonly (readonly [title: string, status: number, text: string])[] = [
  ['an empty object', 200, '{}'],
  ['flags that are not true', 200, '{"upgradedToSourceTransformV2":1,"supportSourceTransformV1":"true"}'],
  ['a page', 200, '<html>Welcome</html>'],
  ['an array', 200, '[{"upgradedToSourceTransformV2":true}]'],
  ['null', 200, 'null'],
  ['nothing', 200, ''],
  ['404', 404, JSON.stringify(STOCK)],
  ['500', 500, JSON.stringify(STOCK)],
  ['503', 503, ''],
  ['a redirect', 302, JSON.stringify(STOCK)],
];

describe('an upstream that fails', { concurrency: true }, () => {
  for (const [title, status, text] of FAILURES) {
    it(`with ${title}: the last good document is served`, async (context) => {
      const transformer = await serveTransformer(context);
      const features = await serveFeatures(context, { upstream: transformer });
      await features.get();
      Object.assign(transformer, { status, text });
      assert.deepEqual(await features.get(), merged(STOCK));
      assert.equal(features.state(), 'cached');
    });

    it(`with ${title} from the start: there is no answer`, async (context) => {
      const transformer = await serveTransformer(context);
      Object.assign(transformer, { status, text });
      const features = await serveFeatures(context, { upstream: transformer, holdMs: 2_000 });
      await assert.rejects(fetch(`${features.url}/features`), TypeError);
      assert.equal(features.state(), 'waiting');
      assert.ok(transformer.asked > 1, 'asked again while the request was held');
    });
  }

  it('by silence: the last good document is served in time', async (context) => {
    const transformer = await serveTransformer(context);
    const features = await serveFeatures(context, { upstream: transformer, holdMs: 4_000, fetchTimeoutMs: 60_000 });
    await features.get();
    transformer.silent = true;
    assert.deepEqual(await features.get(), merged(STOCK));
  });

  it('by silence from the start: there is no answer', async (context) => {
    const transformer = await serveTransformer(context);
    transformer.silent = true;
    const features = await serveFeatures(context, { upstream: transformer, holdMs: 2_000 });
    await assert.rejects(fetch(`${features.url}/features`), TypeError);
  });

  it('is logged when the state changes, not at each poll', async (context) => {
    const transformer = await serveTransformer(context);
    const features = await serveFeatures(context, { upstream: transformer });
    transformer.status = 500;
    for (let poll = 0; poll < 3; poll++) await features.refresh();
    assert.deepEqual(features.logged, ['warn']);
    transformer.status = 200;
    for (let poll = 0; poll < 3; poll++) await features.get();
    assert.deepEqual(features.logged, ['warn', 'info']);
    transformer.status = 500;
    for (let poll = 0; poll < 3; poll++) await features.get();
    assert.deepEqual(features.logged, ['warn', 'info', 'warn']);
  });
});

describe('a rudder-server that starts before the upstream', () => {
  it('is answered as soon as the upstream is there', async (context) => {
    const port = await freePort();
    const features = await serveFeatures(context, { upstream: { url: `http://127.0.0.1:${port}` } });
    const held = features.get();
    await once(features.server, 'request');
    await features.refresh();
    assert.equal(features.state(), 'waiting');
    await serveTransformer(context, port);
    assert.deepEqual(await held, merged(STOCK));
    assert.equal(features.state(), 'fresh');
  });

  it('gives up: the upstream is no longer asked', async (context) => {
    const transformer = await serveTransformer(context);
    transformer.status = 500;
    const features = await serveFeatures(context, { upstream: transformer });
    const outgoing = request(`${features.url}/features`);
    outgoing.on('error', () => {});
    outgoing.end();
    const [, response] = await once(features.server, 'request');
    await once(transformer.server, 'request');
    await once(transformer.server, 'request');
    const closed = once(response, 'close');
    outgoing.destroy();
    await closed;
    await features.refresh();
    const { asked } = transformer;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(transformer.asked, asked);
  });
});

it('gives the question up when it is closed', async (context) => {
  const transformer = await serveTransformer(context);
  transformer.silent = true;
  const never = { fetchTimeoutMs: 3_600_000, holdMs: 7_200_000 };
  const features = await serveFeatures(context, { upstream: transformer, ...never });
  const asking = features.refresh();
  const [incoming] = await once(transformer.server, 'request');
  const gaveUp = once(incoming.socket, 'close');
  await features.close();
  await Promise.all([asking, gaveUp]);
  assert.deepEqual(features.logged, [], 'which is no fault of the upstream');
});
