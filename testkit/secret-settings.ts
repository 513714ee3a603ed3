// Settings documents in which every secret that the manifest knows is a canary.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Canaries } from './canaries.js';
import { type Echoes, FATES } from './echoing-target.js';

/** One workspace, whose targets all meet the same fate. */
export interface SecretWorkspace {
  readonly id: string;
  /** The secret of this purpose. */
  readonly secret: (purpose: SecretPurpose) => string;
  /** Base URL of its targets. */
  readonly url: string;
}

/** Every place of a settings document that the manifest marks as secret. */
export const SECRET_PURPOSES = [
  'rudderstack.sourceWriteKeys',
  'segment.sharedSecrets',
  'segment.headerSecrets',
  'segment.apiKeys',
  'trackingApi.writeKeys',
  'outbound.signingSecrets',
  'outbound.targets.writeKey',
  'secretKey',
  'consoleKey',
] as const;

export type SecretPurpose = (typeof SECRET_PURPOSES)[number];

/** Settings on disk, and what the process needs beside them. */
export interface SecretSettings {
  readonly workspaces: readonly SecretWorkspace[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Writes a document per fate into the directory: in turn as YAML with the secrets in the text, as JSON with references to variables, as YAML with
 * references to files.
 *
 * @param echoes the targets that repeat what they are sent
 */
export function writeSecretSettings(
  directory: string,
  echoes: Pick<Echoes, 'urlOf'>,
  canaries: Canaries,
): SecretSettings {
  const environment: Record<string, string> = { ADMIN_READ_TOKEN: canaries.of('read token') };

  function refer(id: string, purpose: SecretPurpose, turn: number): string {
    const secret = canaries.of(`${purpose} of ${id}`);
    const name = `secret_${id}_${purpose}`.replace(/[^A-Za-z0-9]/g, '_').toUpperCase();
    if (turn % 3 === 0) return secret;
    if (turn % 3 === 1) {
      environment[name] = secret;
      return `env:${name}`;
    }
    writeFileSync(join(directory, `${name}.key`), `${secret}\n`);
    return `file:${name}.key`;
  }

  const workspaces = FATES.map((fate, turn): SecretWorkspace => {
    const id = fate.replace('/', '-');
    const host = echoes.urlOf(fate);
    const url = `${host}/${fate}`;
    const at = (purpose: SecretPurpose) => refer(id, purpose, turn);
    const document = {
      id,
      rudderstack: {
        destinationIds: [`destination-${id}`],
        sourceIds: [`source-${id}`],
        sourceWriteKeys: [at('rudderstack.sourceWriteKeys')],
      },
      segment: {
        sharedSecrets: [at('segment.sharedSecrets')],
        headerSecrets: [at('segment.headerSecrets')],
        apiKeys: [at('segment.apiKeys')],
      },
      trackingApi: { writeKeys: [at('trackingApi.writeKeys')] },
      outbound: {
        signingSecrets: [at('outbound.signingSecrets')],
        targets: [
          { name: 'web', writeKey: at('outbound.targets.writeKey'), host, path: `/${fate}/v1/batch` },
          // No program listens at port 9.
          { name: 'nobody', writeKey: canaries.of(`unreachable target of ${id}`), host: 'http://127.0.0.1:9' },
        ],
      },
      secretKey: at('secretKey'),
      consoleKey: at('consoleKey'),
      eventsUrl: url,
      apiUrl: url,
      consoleUrl: url,
    };
    // JSON is YAML, too.
    writeFileSync(join(directory, `${id}.${turn % 3 === 1 ? 'json' : 'yaml'}`), JSON.stringify(document, null, 2));
    return { id, url, secret: (purpose) => canaries.of(`${purpose} of ${id}`) };
  });
  return { workspaces, environment };
}
