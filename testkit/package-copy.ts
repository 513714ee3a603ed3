// A copy of the package, as somebody who changes its manifest has one.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../src/settings/manifest/model.js';

const PACKAGE = new URL('../../', import.meta.url).pathname;

/** The parts of a manifest, for changes that its types do not know. */
export type Writable<T> = T extends object ? { -readonly [Name in keyof T]: Writable<T[Name]> } : T;

/** A copy that starts by itself. */
export interface PackageCopy {
  /** What the process runs. */
  readonly main: string;
  readonly cli: string;
  /** Writes the manifest of the package with a change, in place of an earlier change. */
  change(edit: (manifest: Writable<Manifest>) => unknown): void;
  remove(): void;
}

/** Copies the compiled code, without the packages that it uses. */
export function copyPackage(): PackageCopy {
  const root = mkdtempSync(join(tmpdir(), 'package-'));
  cpSync(join(PACKAGE, 'dist/bundle'), join(root, 'dist/bundle'), { recursive: true });
  for (const file of ['package.json', 'manifest.json', 'openapi.json']) cpSync(join(PACKAGE, file), join(root, file));
  symlinkSync(join(PACKAGE, 'node_modules'), join(root, 'node_modules'));
  const text = readFileSync(join(PACKAGE, 'manifest.json'), 'utf8');
  return {
    main: join(root, 'dist/bundle/main.js'),
    cli: join(root, 'dist/bundle/cli.js'),
    change(edit) {
      const manifest = JSON.parse(text);
      edit(manifest);
      writeFileSync(join(root, 'manifest.json'), JSON.stringify(manifest));
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
