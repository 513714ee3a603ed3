// The command that prints the manifest, or writes it out in RudderStack's format.

import type { Command } from 'commander';
import { messageOf } from '../base/system-error.js';
import { say } from '../base/terminal.js';
import { writeRudderStackDefinition } from '../settings/manifest/rudderstack-definition.js';
import { manifest } from '../settings/manifest.js';

/**
 * What the command prints.
 *
 * @param rudderstack directory for RudderStack's definition files. Without it manifest.json is printed.
 * @returns manifest.json, or the path of each file written, one a line
 * @throws the file system's error when a file cannot be written
 */
export function manifestCommand(rudderstack?: string): string {
  return rudderstack === undefined
    ? JSON.stringify(manifest, null, 2)
    : writeRudderStackDefinition(rudderstack).join('\n');
}

/** Makes the command `manifest [--rudderstack DIR]`. */
export function addManifestCommand(command: Command): void {
  command
    .option('--rudderstack <dir>', 'write the destination and source definitions under this directory')
    .action(({ rudderstack }: { rudderstack?: string }) => {
      try {
        say(manifestCommand(rudderstack));
      } catch (error) {
        command.error(`The definition files cannot be written: ${messageOf(error)}`);
      }
    });
}
