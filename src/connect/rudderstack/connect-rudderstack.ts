// Connects a rudder-server: settings documents that claim its STATSIG destinations and Statsig's sources, the environment, and the proof that the chain answers.

import { basename, resolve } from 'node:path';
import { isServiceUrl } from '../../settings/sources/location.js';
import { ConnectError } from '../connection.js';
import { readSecretFile, referenceTo, removeSecretFile, secretsDirectory, writeSecretFile } from '../secret-files.js';
import { removeFileTask, textTask } from '../settings-file.js';
import type { Step } from '../step.js';
import { createConnection, type PlannedConnection, type Task } from '../tasks.js';
import { checkChain } from './chain.js';
import { type Claim, type Claims, listed, planClaims } from './claims.js';
import { partOf, textsWithClaims, textsWithoutClaims } from './document-texts.js';
import { environmentStep, environmentUndoStep, missingTransformer } from './environment.js';
import { fetchExport } from './fetch-export.js';
import type { ConnectRudderStackOptions } from './options.js';
import { merged, readRecord, recordFile, removeRecord, type Written, type WrittenPart, writeRecord } from './record.js';
import { CLAIMS, readSettingsDocuments, type SettingsDocuments } from './settings-documents.js';
import { testTask } from './test-event.js';

/** The file of a key, where it is to be kept and the document has none. */
function keyFileOf({ documentId, document, key }: Claim, { directory }: SettingsDocuments, isKept: boolean) {
  if (!isKept || directory === undefined || key === undefined || document?.value.secretKey !== undefined)
    return undefined;
  return resolve(secretsDirectory(directory), `${documentId}-statsig-server-secret`);
}

/** What each document gets. */
function partsOf(claims: readonly Claim[], settings: SettingsDocuments, options: ConnectRudderStackOptions): Written {
  const { secretKey, keepKeys = false } = options;
  return new Map(
    claims.map((claim): [string, WrittenPart] => {
      const file = secretKey === undefined ? keyFileOf(claim, settings, keepKeys) : undefined;
      const reference = file === undefined ? secretKey : referenceTo(file, claim.document?.file ?? settings.newFile);
      return [claim.documentId, partOf(claim, reference, file)];
    }),
  );
}

async function keyTask(claim: Claim, file: string): Promise<Task> {
  const { documentId, key } = claim;
  const there = await readSecretFile(file);
  const isThere = there !== undefined && there.reveal() === key?.reveal();
  const step: Step = {
    id: 'statsig-key',
    title: `Keep the Statsig server secret of the workspace ${documentId} in ${file}`,
    kind: 'file',
    state: isThere ? 'there' : 'to-do',
  };
  return {
    step,
    run: async () => {
      if (key !== undefined) await writeSecretFile(file, key);
      return undefined;
    },
  };
}

function isEmpty(part: WrittenPart): boolean {
  return CLAIMS.every((name) => part[name].length === 0) && part.secretKey === undefined;
}

async function recordTask(directory: string, parts: Written): Promise<Task> {
  const file = recordFile(directory);
  const before = await readRecord(file);
  const added = new Map([...parts].filter(([, part]) => !isEmpty(part)));
  const step: Step = {
    id: 'record',
    title: `Note in ${file} what is written, for --undo`,
    kind: 'file',
    state: added.size === 0 ? 'there' : 'to-do',
  };
  return {
    step,
    run: async () => {
      await writeRecord(file, merged(before, added));
      return undefined;
    },
  };
}

/** What people should know before the settings are written. */
function noteOf({ claims, notes }: Claims, options: ConnectRudderStackOptions): string | undefined {
  const keyless = claims
    .filter(({ document }) => document?.value.secretKey === undefined && options.secretKey === undefined)
    .flatMap(({ keyless: names }) => names);
  const all = [
    ...notes,
    ...(keyless.length === 0
      ? []
      : [
          `Without a Statsig key, so that each of their events is an error: ${listed(keyless)}. Put the server secret into the destination, or name it with --secret-key.`,
        ]),
  ];
  return all.length === 0 ? undefined : all.join('\n');
}

async function settingsTasks(
  settings: SettingsDocuments,
  claims: Claims,
  parts: Written,
  options: ConnectRudderStackOptions,
): Promise<readonly Task[]> {
  const note = noteOf(claims, options);
  const noted = note === undefined ? {} : { note };
  const { location } = settings;
  const files = textsWithClaims(settings, claims.claims, parts);
  if (files.length === 0) {
    const isNothing = claims.documentOf.size === 0 && claims.claims.length === 0;
    const title = isNothing ? 'There is nothing to claim' : 'The settings documents claim what there is to claim';
    return [{ step: { id: 'settings', title, kind: 'settings', state: 'there', ...noted } }];
  }
  const tasks: Task[] = [];
  for (const [index, { file: name, before, after = '' }] of files.entries()) {
    const ids = claims.claims.filter(({ document }) => (document?.file ?? settings.newFile) === name);
    const title = `Claim RudderStack's destinations and sources in ${name}, for ${listed(ids.map(({ documentId }) => documentId))}`;
    tasks.push(
      await textTask(
        { location, file: name, text: before },
        { id: index === 0 ? 'settings' : `settings-${index + 1}`, title, ...(index === 0 && noted) },
        after,
      ),
    );
  }
  return tasks;
}

/** Where the files are changed by hand, nothing is noted, and no key is kept. */
function isByHand(tasks: readonly Task[]): boolean {
  return tasks.some(({ step }) => step.kind === 'by-hand');
}

async function survey(options: ConnectRudderStackOptions): Promise<readonly Task[]> {
  const { from, settingsLocation, settingsToken, dataPlaneUrl, signal } = options;
  if (from === undefined) throw new ConnectError('settings', 'No export was named.');
  const inventory = await fetchExport(from, signal);
  const settings = await readSettingsDocuments(settingsLocation, settingsToken);
  const claims = planClaims(inventory, settings, options);
  const parts = partsOf(claims.claims, settings, options);
  const written = await settingsTasks(settings, claims, parts, options);
  // Where a person writes the documents there is no place for keys either.
  if (options.keepKeys && isByHand(written)) return survey({ ...options, keepKeys: false });
  const { directory } = settings;
  const before: Task[] = [];
  if (directory !== undefined && !isByHand(written)) {
    // First, so that undo knows of all that a broken-off run has made.
    before.push(await recordTask(directory, parts));
    for (const claim of claims.claims) {
      const file = parts.get(claim.documentId)?.keyFile;
      if (file !== undefined) before.push(await keyTask(claim, file));
    }
  }
  return [
    ...before,
    ...written,
    { step: environmentStep(options, missingTransformer(inventory, options)) },
    {
      step: {
        id: 'chain',
        title: `See that ${options.pluginUrl} answers /health, and /features with STATSIG${options.transformerUrl === undefined ? '' : ` in that of ${options.transformerUrl}`}`,
        kind: 'wait',
        state: 'to-do',
      },
      run: () => checkChain(options),
    },
    ...(dataPlaneUrl === undefined ? [] : [testTask(inventory, claims.documentOf, options, dataPlaneUrl)]),
  ];
}

async function surveyUndo(options: ConnectRudderStackOptions): Promise<readonly Task[]> {
  // What a config service holds was written by people.
  if (isServiceUrl(options.settingsLocation)) return [];
  const settings = await readSettingsDocuments(options.settingsLocation, undefined);
  const { directory, location } = settings;
  if (directory === undefined) return [];
  const record = recordFile(directory);
  const written = await readRecord(record);
  if (written.size === 0) return [];
  const title = { id: 'settings', title: 'Take out of the settings what connecting has claimed' };
  const tasks: Task[] = [{ step: environmentUndoStep(options) }];
  for (const { file, before, after } of textsWithoutClaims(settings, written)) {
    const of = { location, file, text: before };
    tasks.push(after === undefined ? removeFileTask(of, title) : await textTask(of, title, after));
  }
  for (const { keyFile } of written.values()) {
    if (keyFile === undefined) continue;
    // The directory may have been moved since.
    const file = resolve(secretsDirectory(directory), basename(keyFile));
    tasks.push({
      step: { id: 'statsig-key', title: `Remove ${file}`, kind: 'file', state: 'to-do' },
      run: async () => {
        await removeSecretFile(file);
        return undefined;
      },
    });
  }
  tasks.push({
    step: { id: 'record', title: `Remove ${record}`, kind: 'file', state: 'to-do' },
    run: async () => {
      await removeRecord(record);
      return undefined;
    },
  });
  return tasks;
}

/** @returns what is done in order: keys and a note of what is written, settings documents, environment by hand, a look at the chain, one event through it */
export function connectRudderStack(options: ConnectRudderStackOptions): PlannedConnection {
  return createConnection(
    () => survey(options),
    () => surveyUndo(options),
  );
}
