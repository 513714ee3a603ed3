// Small things exist once in src: each of these is written in the one file that has it, and used everywhere else.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const SRC = new URL('../../../src/', import.meta.url).pathname;

interface Rule {
  readonly what: string;
  /** How it looks where it is written by hand. */
  readonly pattern: RegExp;
  /** The files that may. */
  readonly allowed: readonly string[];
}

const RULES: readonly Rule[] = [
  {
    what: 'what becomes of an inbound event is decided by decideInbound, for every source',
    pattern: /\b(?:convertInbound|findMembership|findDeletion|findOptOut|findRelayObstacle|readListChanges)\(/,
    allowed: [
      'ingest/inbound-line.ts',
      // It gives functions of these names to other programs.
      'convert/inbound.ts',
      // They call those.
      'functions/destination-function.ts',
      'functions/transformation.ts',
      ...['index', 'audience', 'deletion', 'opt-out', 'relay', 'list-changes'].map(
        (name) => `transform/inbound/${name}.ts`,
      ),
    ],
  },
  {
    what: 'what becomes of an outbound event is decided by decideOutbound, and addressCall names its calls',
    pattern: /\b(?:convertOutbound|outboundMessageId|withMessageId)\(/,
    allowed: [
      'ingest/outbound-line.ts',
      'convert/outbound.ts',
      'functions/source-function.ts',
      'transform/outbound/index.ts',
      'transform/outbound/message-id.ts',
    ],
  },
  {
    what: 'JSON is parsed with `undefined` for text that is none by parseJson, or with the reason for people',
    pattern: /try \{[^{}]*JSON\.parse\([^{}]*\} catch/,
    allowed: [
      'base/json.ts',
      'connect/rudderstack/workspace-config.ts',
      'console/json.ts',
      'convert/platform/json.ts',
      'settings/manifest/check.ts',
      'targets/segment/wire-call.ts',
      'targets/segment/stored-call.ts',
    ],
  },
  {
    what: 'tasks are put in line by Mutex',
    pattern: /(\w+) = \1\s*\.then\(/,
    allowed: ['base/mutex.ts'],
  },
  {
    what: 'the first of a row of failures is told from the others by Ongoing',
    pattern: /if \(!(?:this\.#)?(?:is)?[fF]ailing\)/,
    allowed: ['base/ongoing.ts'],
  },
  {
    what: 'files are written and then renamed by replacePrivateFile, settings files with their mode and owner by replaceSettingsFile; files of a damaged database are moved aside',
    pattern: /\brename\(/,
    allowed: ['base/private-files.ts', 'level/database-files.ts', 'settings/write/replace-settings-file.ts'],
  },
  {
    what: 'HTTP is called by callHttp',
    pattern: /\bfetch\(/,
    allowed: ['call/http-call.ts', 'cli/follow-stream.ts', 'console/api.ts'],
  },
  {
    what: "the version, the paths and the key's header of Statsig's Console API are known in one place",
    pattern: /\/console\/v1\/|STATSIG-API-VERSION/,
    allowed: ['statsig/console-api.ts'],
  },
  {
    what: 'the origin of an address is named by hostOf',
    pattern: /new URL\([^)]*\)\.origin/,
    allowed: ['call/http-request.ts'],
  },
  {
    what: 'a dry run shows requests by dryRun',
    pattern: /kind: 'recorded' \}/,
    allowed: ['dispatch/delivery-target.ts', 'targets/dry-run.ts'],
  },
  {
    what: 'a database is opened, repaired, owned and missed by OwnedDatabase',
    pattern: /new (?:HighWater|RunMarker|Ownership)\(|\bopenDatabase\(/,
    allowed: ['level/open-database.ts', 'level/owned-database.ts'],
  },
  {
    what: 'what is written is sealed, and its version is looked at, by level/seal.ts',
    pattern: /\bcrc32\(|new NewerFormatError\(/,
    allowed: ['level/seal.ts'],
  },
  {
    what: 'the answer to pushed events is summarised by summariseResults',
    pattern: /duplicates: count\(/,
    allowed: ['sources/result-words.ts'],
  },
  {
    what: 'the code of a system error is read by codeOf',
    pattern: /'code' in error && error\.code/,
    allowed: [],
  },
  {
    what: 'the message of an error is read by messageOf',
    pattern: /instanceof Error \? \w+\.message : String\(/,
    allowed: ['base/system-error.ts', 'console/error-message.ts'],
  },
];

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(SRC, name), 'utf8') }));

for (const { what, pattern, allowed } of RULES) {
  test(what, () => {
    const found = FILES.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
    assert.deepEqual(
      found.filter((name) => !allowed.includes(name)),
      [],
    );
  });
}
