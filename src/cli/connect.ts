// `statsig-cdp connect`: one subcommand for each way of connecting, loaded when it is asked for.

import type { Command } from 'commander';

/** A way of connecting. */
interface Way {
  readonly name: string;
  readonly description: string;
  readonly add: (command: Command) => Promise<void>;
}

const WAYS: readonly Way[] = [
  {
    name: 'segment',
    description:
      'Connect a source of Segment by its Public API: destination, mapping, secrets, settings, a test event.',
    add: async (command) => (await import('./connect/segment.js')).addConnectSegmentCommand(command),
  },
  {
    name: 'statsig',
    description: 'Look at the keys, ID types and ID lists of a Statsig project, and have its event webhook post here.',
    add: async (command) => (await import('./connect/statsig.js')).addConnectStatsigCommand(command),
  },
  {
    name: 'rudderstack',
    description:
      'Connect a rudder-server by the export of its control plane: settings documents, environment, an event through.',
    add: async (command) => (await import('./connect/rudderstack.js')).addConnectRudderStackCommand(command),
  },
];

/** Adds the command and its subcommands. */
export async function addConnectCommand(command: Command): Promise<void> {
  const [, , , asked, helped] = process.argv;
  for (const { name, description, add } of WAYS) {
    const way = command.command(name).description(description);
    if (asked === name || (asked === 'help' && helped === name)) await add(way);
  }
}
