// The upstream's features survive a restart of the plugin in a file.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openSealedJson, sealJson } from '../../../src/level/sealed-json.js';
import { merged, STOCK, serveFeatures, serveTransformer } from '../../../testkit/features.js';

async function temporaryFile(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'features-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'below', 'features.json');
}

describe('the cache file', { concurrency: true }, () => {
  it('serves a plugin that is started while the upstream is down, under its own option', async (context) => {
    const cacheFile = await temporaryFile(context);
    const transformer = await serveTransformer(context);
    const before = await serveFeatures(context, { upstream: transformer, cacheFile });
    await before.get();
    await before.close();
    await transformer.close();

    const after = await serveFeatures(context, { upstream: transformer, cacheFile, routerTransform: false });
    assert.deepEqual(await after.get(), merged(STOCK, false));
    assert.equal(after.state(), 'cached');
    assert.deepEqual(await readdir(join(cacheFile, '..')), ['features.json']);
  });

  it('gives way to the upstream, and is replaced when that changed', async (context) => {
    const cacheFile = await temporaryFile(context);
    const transformer = await serveTransformer(context);
    const features = await serveFeatures(context, { upstream: transformer, cacheFile });
    await features.get();
    await features.close();
    const written = await stat(cacheFile);
    await features.get();
    await features.close();
    assert.equal((await stat(cacheFile)).ino, written.ino, 'not written again');
    const later = { ...STOCK, regulations: [] };
    transformer.text = JSON.stringify(later);
    assert.deepEqual(await features.get(), merged(later));
    await features.close();
    assert.deepEqual(openSealedJson(await readFile(cacheFile, 'utf8'), ''), later);
  });

  for (const [title, text] of [
    ['is cut short', JSON.stringify(STOCK).slice(0, 40)],
    ['is empty', ''],
    ['has a byte that is not what was written', sealJson(STOCK).replace('true', 'tRue').replace('tRue', 'null')],
    ['holds what rudder-server would panic at', '{}'],
  ] as const) {
    it(`is ignored when it ${title}`, async (context) => {
      const cacheFile = await temporaryFile(context);
      const transformer = await serveTransformer(context);
      const seed = await serveFeatures(context, { upstream: transformer, cacheFile });
      await seed.refresh();
      await seed.close();
      await writeFile(cacheFile, text);

      transformer.status = 500;
      const features = await serveFeatures(context, { upstream: transformer, cacheFile, holdMs: 2_000 });
      await assert.rejects(fetch(`${features.url}/features`), TypeError);
      assert.deepEqual(features.logged, ['warn', 'warn'], 'the file, and the upstream');
      transformer.status = 200;
      assert.deepEqual(await features.get(), merged(STOCK));
      await features.close();
    });
  }

  it('that cannot be written does no harm, is logged once, and is tried again', async (context) => {
    const cacheFile = await temporaryFile(context);
    const folder = join(cacheFile, '..');
    await writeFile(folder, 'a file where the folder should be');
    const transformer = await serveTransformer(context);
    const features = await serveFeatures(context, { upstream: transformer, cacheFile });
    for (let poll = 0; poll < 3; poll++) {
      assert.deepEqual(await features.get(), merged(STOCK));
      await features.close();
    }
    assert.deepEqual(features.logged, ['info', 'warn']);
    await rm(folder);
    await features.get();
    await features.close();
    assert.deepEqual(openSealedJson(await readFile(cacheFile, 'utf8'), ''), STOCK);
  });
});
