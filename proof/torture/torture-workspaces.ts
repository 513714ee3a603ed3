// The workspaces of the torture and their settings documents.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TARGETS, type TargetName } from './torture-outbound-events.js';
import type { TortureTarget } from './torture-segment.js';

/** One workspace. */
export interface TortureWorkspace {
  readonly id: string;
  readonly secretKey: string;
  readonly writeKey: string;
  readonly sharedSecret: string;
  readonly signingSecret: string;
  /** Whether equal exposures are sent once. */
  readonly hasWindow: boolean;
}

/** Where the places are that events go to. */
export interface Places {
  readonly statsig: string;
  readonly targets: Readonly<Record<TargetName, string>>;
}

const DAY_MS = 86_400_000;

/** The first one has a window for exposures. */
export function makeWorkspaces(count: number): readonly TortureWorkspace[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `lane-${index}`,
    secretKey: `secret-lane-${index}`,
    writeKey: `write-lane-${index}`,
    sharedSecret: `shared-lane-${index}`,
    signingSecret: `webhook-lane-${index}`,
    hasWindow: index === 0,
  }));
}

function targetKey({ id }: TortureWorkspace, target: string): string {
  return `write-${id}-${target}`;
}

/** The targets of all workspaces by their write keys. */
export function targetsByKey(workspaces: readonly TortureWorkspace[]): ReadonlyMap<string, TortureTarget> {
  return new Map(
    workspaces.flatMap((workspace) =>
      TARGETS.map((name) => [targetKey(workspace, name), { workspace: workspace.id, name }] as const),
    ),
  );
}

/** Writes a file for each. */
export function writeWorkspaces(
  directory: string,
  workspaces: readonly TortureWorkspace[],
  { statsig, targets }: Places,
): void {
  for (const workspace of workspaces) {
    const { id, secretKey, writeKey, sharedSecret, signingSecret, hasWindow } = workspace;
    const document = {
      id,
      secretKey,
      eventsUrl: statsig,
      maxBatchEvents: 50,
      metadataMaxLength: 20_000,
      trackingApi: { writeKeys: [writeKey] },
      segment: { sharedSecrets: [sharedSecret] },
      outbound: {
        signingSecrets: [signingSecret],
        exposureWindowMs: hasWindow ? DAY_MS : 0,
        targets: TARGETS.map((name) => ({
          name,
          writeKey: targetKey(workspace, name),
          host: targets[name],
        })),
      },
    };
    writeFileSync(join(directory, `${id}.json`), JSON.stringify(document));
  }
}
