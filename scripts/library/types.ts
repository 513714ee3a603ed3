// Writes the types of each entry into one file, and a report of them by which a change of the interface is seen.

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { ENTRIES } from './entries.js';

/** Where the types of one entry come to. */
interface TypesOf {
  readonly name: keyof typeof ENTRIES;
  /** The project. */
  readonly root: string;
  /** Directory of the types. */
  readonly target: string;
}

/** Writes them. @returns whether the report in the project was another one; it is replaced */
export function writeTypes(types: TypesOf): boolean {
  return extract(types, true);
}

/** Writes them, and leaves the report as it is. @returns whether it is stale */
export function checkTypes(types: TypesOf): boolean {
  return extract(types, false);
}

function extract({ name, root, target }: TypesOf, isReplaced: boolean): boolean {
  const report = join(root, 'etc');
  const entry = join(root, 'dist', 'src', `${ENTRIES[name]}.d.ts`);
  const temporary = join(target, '..', 'api');
  for (const directory of [report, temporary]) mkdirSync(directory, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [entry] } },
      apiReport: { enabled: true, reportFileName: `${name}.api.md`, reportFolder: report, reportTempFolder: temporary },
      docModel: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: join(target, `${name}.d.ts`) },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: isReplaced,
    showVerboseMessages: false,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  copyFileSync(join(target, `${name}.d.ts`), join(target, `${name}.d.cts`));
  return apiReportChanged;
}

/** For the compiler that reads the types. */
const COMPILER = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
} as const;
