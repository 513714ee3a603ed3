// Each of ten deliberate breaks of the plugin shows as the right row of a conformance report, in the right part. Unbroken, everything holds: proof/short/conformance.test.ts.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkConformance } from '../../src/contract/conformance/conformance.js';
import { type Outcome, rowsOf } from '../../src/contract/conformance/outcome.js';
import { ownProcess } from '../../src/contract/conformance/own-process.js';
import { nameRow, textReport } from '../../src/contract/conformance/text-report.js';
import { FIXTURES, readFixtures } from '../../src/contract/read-fixtures.js';
import { copyPackage } from '../../testkit/package-copy.js';
import { BREAKS, type Break } from '../contract/breaks.js';

/** Calls that never come are not waited for as long as for a deployment far away. */
const PATIENCE_MS = 3_000;

/** Changes the one place of the built files. */
function applyBreak(folder: string, { found, put }: Break): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));
  const places = files.flatMap(({ path, text }) =>
    text
      .split(found)
      .slice(1)
      .map(() => path),
  );
  assert.equal(places.length, 1, `places of ${found}`);
  for (const { path, text } of files)
    if (path === places[0])
      writeFileSync(
        path,
        text.replace(found, () => put),
      );
}

/** Plays the fixtures of a folder that need no other environment. */
async function play(context: TestContext, broken: Break): Promise<readonly Outcome[]> {
  const copy = copyPackage();
  context.after(copy.remove);
  applyBreak(dirname(copy.cli), broken);
  const fixtures = readFixtures(join(FIXTURES, broken.folder)).filter(
    ({ fixture }) => fixture.environment === undefined,
  );
  return checkConformance({ target: { start: ownProcess(copy.cli) }, fixtures, patienceMs: PATIENCE_MS });
}

for (const broken of BREAKS)
  test(`${broken.name}: "${broken.shows}" fails`, async (context) => {
    const outcomes = await play(context, broken);
    const failed = outcomes.filter(({ verdict }) => verdict === 'failed');
    const titles = failed.map(({ fixture }) => fixture.title);
    assert.ok(titles.includes(broken.shows), `${titles.length} others fail: ${titles.slice(0, 20).join('; ')}`);
    const row = rowsOf(outcomes).find((each) => each.outcomes.some(({ fixture }) => fixture.title === broken.shows));
    assert.ok(row !== undefined && textReport(outcomes).includes(`  FAILS          ${nameRow(row)}`), 'the row fails');
    for (const { file, differences } of failed) assert.match(differences[0]?.where ?? '', broken.where, file);
  });
