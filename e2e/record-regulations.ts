// Records what rudder-server's regulation worker asks when a user is to be deleted.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../testkit/free-port.js';
import { serve } from '../testkit/loopback.js';
import { startChild } from './child.js';
import { startPlugin } from './plugin.js';
import { receiversAt, startRecording } from './record-place.js';
import { Resources } from './resources.js';
import { SECRET_KEY, WORKSPACE } from './rig.js';
import { until } from './wait.js';
import { DESTINATION_ID, workspaceConfig } from './workspace-config.js';

const JOB = {
  jobId: '1',
  workspaceId: 'ws-1',
  destinationId: DESTINATION_ID,
  userAttributes: [{ userId: 'user-42', email: 'user-42@example.com' }],
};

/** Gives one job to a worker. */
async function startManager(resources: Resources): Promise<{ readonly url: string; readonly ended: () => boolean }> {
  let given = false;
  let ended = false;
  const { url, close } = await serve((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'PATCH') ended = true;
      const isJob = request.method === 'GET' && !given;
      given = true;
      response.writeHead(isJob || request.method === 'PATCH' ? 200 : 204, { 'content-type': 'application/json' });
      response.end(isJob ? JSON.stringify(JOB) : undefined);
    });
  });
  resources.add(close);
  return { url, ended: () => ended };
}

/** Statsig's API for deletions repeats the id of the request. */
async function startDeletions(resources: Resources): Promise<string> {
  const { url, close } = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { request_id }: { request_id?: string } = JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ request_id }));
  });
  resources.add(close);
  return url;
}

/** Where REGULATION_WORKER_BIN names the worker. @returns the number of fixtures */
export async function recordRegulations(version: string, scratch: string): Promise<number> {
  const binary = process.env.REGULATION_WORKER_BIN?.trim();
  if (binary === undefined || binary === '') {
    console.log('missing REGULATION_WORKER_BIN: without it, deletions are not recorded.');
    return 0;
  }
  const directory = join(scratch, 'regulations');
  mkdirSync(directory);
  const resources = new Resources();
  try {
    const manager = await startManager(resources);
    const { receivers, taps } = await receiversAt({ statsig: await startDeletions(resources) });
    const port = await freePort();
    const document = {
      id: WORKSPACE,
      secretKey: SECRET_KEY,
      rudderstack: { destinationIds: [DESTINATION_ID] },
      eventsUrl: taps.statsig,
      apiUrl: taps.statsig,
    };
    let asked = 0;
    const recorder = await startRecording(
      {
        ...{ id: 'rudder-server', name: 'rudder-server', version, isAdded: true },
        to: `http://127.0.0.1:${port}`,
        receivers,
        settings: [JSON.stringify(document)],
        picks({ path }) {
          if (path !== '/deleteUsers') return false;
          asked += 1;
          return asked === 1;
        },
      },
      resources,
    );
    await startPlugin({ env: {}, document, directory, port }, resources);
    const config = { secretKey: SECRET_KEY };
    const workspace = workspaceConfig({ config, statsigName: 'Statsig', destinations: [], webhookSources: [] });
    const configFile = join(directory, 'workspaceConfig.json');
    writeFileSync(configFile, JSON.stringify(workspace));
    const worker = await startChild({
      name: 'regulation-worker',
      command: binary,
      args: [],
      env: {
        CONFIG_PATH: `${directory}/config.yaml`,
        CONFIG_BACKEND_URL: manager.url,
        RSERVER_BACKEND_CONFIG_CONFIG_FROM_FILE: 'true',
        RSERVER_BACKEND_CONFIG_CONFIG_JSONPATH: configFile,
        RSERVER_ENABLE_STATS: 'false',
        WORKSPACE_TOKEN: 'local',
        DEST_TRANSFORM_URL: recorder.url,
        RUDDER_TMPDIR: directory,
      },
      cwd: directory,
      logFile: join(directory, 'worker.log'),
    });
    resources.add(() => worker.stop('SIGTERM'));
    await until('the worker asks for the deletion', () => {
      const end = worker.end();
      if (end !== undefined) throw new Error(`the worker ended with ${end}: ${worker.tail(3).join(' ')}`);
      return recorder.held > 0 ? undefined : worker.tail(2).join(' ');
    });
    await recorder.cut({
      file: 'delete-users',
      title: "rudder-server's regulation worker has a user deleted",
      why: 'The worker is done with its job only when the answer is 200, and tries again otherwise.',
    });
    return await recorder.finish();
  } finally {
    await resources.close();
  }
}
