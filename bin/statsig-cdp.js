#!/usr/bin/env node
// The command. It lies outside of what is built, so that npx finds it in a clone that is not built yet, and can run it when dist was made anew.

import { existsSync } from 'node:fs';

const program = new URL('../dist/bundle/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('statsig-cdp is not built yet. Run: npm ci && npm run build');
  process.exitCode = 1;
}
