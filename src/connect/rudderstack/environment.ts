// The environment lines that put this plugin between a rudder-server and its transformer.

import type { Step } from '../step.js';
import type { ConnectRudderStackOptions } from './options.js';
import type { Inventory } from './workspace-config.js';

/** Done by rudder-server itself, or by no transformer. */
const WITHOUT_TRANSFORMER =
  /^(?:POSTGRES|RS|BQ|SNOWFLAKE|SNOWPIPE_STREAMING|CLICKHOUSE|MSSQL|AZURE_SYNAPSE|DELTALAKE|(?:S3|GCS|AZURE)_DATALAKE)$/;

type Told = Pick<ConnectRudderStackOptions, 'pluginUrl' | 'transformerUrl'>;

function ownLines({ pluginUrl, transformerUrl }: Told): readonly string[] {
  const { port } = new URL(pluginUrl);
  return [
    ...(port === '' ? [] : [`PORT=${port}`]),
    ...(transformerUrl === undefined ? [] : [`UPSTREAM_TRANSFORMER_URL=${transformerUrl}`]),
  ];
}

function serverLines({ pluginUrl, transformerUrl }: Told): readonly string[] {
  return [
    `DEST_TRANSFORM_URL=${pluginUrl}`,
    ...(transformerUrl === undefined ? [] : [`USER_TRANSFORM_URL=${transformerUrl}`]),
    'RSERVER_PROCESSOR_MAX_RETRY=3000',
  ];
}

/** @returns why other destinations would have no transformer */
export function missingTransformer({ others }: Inventory, { transformerUrl }: Told): string | undefined {
  if (transformerUrl !== undefined) return undefined;
  const left = [...others].filter(([type]) => !WITHOUT_TRANSFORMER.test(type));
  if (left.length === 0) return undefined;
  const types = left.map(([type, count]) => `${type} (${count})`).join(', ');
  return `rudder-server has other destinations: ${types}. Without the stock transformer their events are answered 404, and aborted: name it with --transformer-url.`;
}

/** The step that a person does. */
export function environmentStep(told: Told, note: string | undefined): Step {
  const own = ownLines(told);
  return {
    id: 'environment',
    title: 'Put statsig-cdp between rudder-server and its transformer, and restart both',
    kind: 'by-hand',
    state: 'to-do',
    ...(note !== undefined && { note }),
    byHand: [
      ...(own.length === 0 ? [] : [{ text: 'Environment of statsig-cdp:', paste: own.join('\n') }]),
      { text: 'Environment of rudder-server, and of its regulation worker:', paste: serverLines(told).join('\n') },
    ],
  };
}

/** What a person does before the claims are taken back. */
export function environmentUndoStep({ transformerUrl }: Told): Step {
  const address = transformerUrl ?? 'http://YOUR-RUDDER-TRANSFORMER:9090';
  return {
    id: 'environment',
    title: "Put rudder-server's transformer back in its place, and restart rudder-server",
    kind: 'by-hand',
    state: 'to-do',
    byHand: [
      {
        text: "Set ROUTER_TRANSFORM=false for statsig-cdp, restart it, and wait until rudder-server's router has no STATSIG jobs. Then the environment of rudder-server:",
        paste: `DEST_TRANSFORM_URL=${address}`,
      },
    ],
  };
}
