// Records what looks after the plugin: what Prometheus scrapes, and what proxies ask to learn whether they may send requests.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../testkit/free-port.js';
import { startChild } from './child.js';
import { startPlugin } from './plugin.js';
import { type Recordable, type RecordPlace, startRecording } from './record-place.js';
import { until } from './wait.js';

/** Where to look for it, and how it says its version. */
interface Program {
  readonly id: string;
  readonly name: string;
  readonly variable: string;
  readonly path: string;
  readonly versionArgs: readonly string[];
}

/** What it is started with. */
interface Start {
  readonly config: string;
  readonly args: (file: string, directory: string) => readonly string[];
  /** Whether it is content with the answer; by its own words. */
  readonly isContent: () => Promise<boolean>;
}

interface Probe {
  readonly program: Program;
  readonly ways: readonly {
    readonly file: string;
    readonly title: string;
    readonly why: string;
    /** @param host of the plugin, with its port @param port for the program */
    readonly start: (host: string, port: number) => Start;
  }[];
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.ok ? answer.text() : '';
}

const PROMETHEUS: Probe = {
  program: {
    id: 'prometheus',
    name: 'Prometheus',
    variable: 'PROMETHEUS_PATH',
    path: '/usr/bin/prometheus',
    versionArgs: ['--version'],
  },
  ways: [
    {
      file: 'scrape',
      title: 'Prometheus scrapes the metrics',
      why: 'It reads the form that `Content-Type` says, and takes the process as down when it cannot.',
      start: (host, port) => ({
        config: JSON.stringify({
          global: { scrape_interval: '1s' },
          scrape_configs: [{ job_name: 'statsig-cdp', static_configs: [{ targets: [host] }] }],
        }),
        args: (file, directory) => [
          `--config.file=${file}`,
          `--storage.tsdb.path=${join(directory, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        isContent: async () => (await textOf(`http://127.0.0.1:${port}/api/v1/targets`)).includes('"health":"up"'),
      }),
    },
  ],
};

const CADDY: Probe = {
  program: {
    id: 'caddy',
    name: 'Caddy',
    variable: 'CADDY_PATH',
    path: '/usr/bin/caddy',
    versionArgs: ['version'],
  },
  ways: (['healthz', 'readyz'] as const).map((route) => ({
    file: route,
    title: `Caddy asks for /${route} (\`health_uri\`)`,
    why: 'It sends requests on only while the answer is a yes.',
    start: (host, port) => ({
      config: `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy ${host} {
    health_uri /${route}
    health_interval 500ms
  }
}
`,
      args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
      isContent: async () => (await textOf(`http://127.0.0.1:${port}/version`)) !== '',
    }),
  })),
};

const HAPROXY: Probe = {
  program: {
    id: 'haproxy',
    name: 'HAProxy',
    variable: 'HAPROXY_PATH',
    path: '/usr/sbin/haproxy',
    versionArgs: ['-v'],
  },
  ways: (['healthz', 'readyz'] as const).map((route) => ({
    file: route,
    title: `HAProxy asks for /${route} (\`option httpchk\`)`,
    why: 'It asks with HTTP/1.0 and without a single header, and sends requests on only while the answer is a yes.',
    start: (host, port) => ({
      config: `defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend all
  bind 127.0.0.1:${port}
  default_backend plugin
backend plugin
  option httpchk GET /${route}
  server plugin ${host} check inter 500ms
`,
      args: (file) => ['-db', '-f', file],
      isContent: async () => (await textOf(`http://127.0.0.1:${port}/version`)) !== '',
    }),
  })),
};

function pathOf({ variable, path }: Program): string {
  return process.env[variable]?.trim() || path;
}

/** The version of a program that is there. */
function versionOf(program: Program): string | undefined {
  try {
    const said = execFileSync(pathOf(program), program.versionArgs, { encoding: 'utf8', stdio: 'pipe' });
    return /\d+(?:\.\d+)+/.exec(said)?.[0];
  } catch {
    return undefined;
  }
}

async function record({ program, ways }: Probe, version: string, place: RecordPlace): Promise<number> {
  const { directory, resources } = place;
  const { id, name } = program;
  const port = await freePort();
  const document = { id: 'recorded', secretKey: 'secret-example' };
  let path = '';
  const recorder = await startRecording(
    {
      ...{ id, name, version, to: `http://127.0.0.1:${port}`, receivers: [], settings: [] },
      quietMs: 0,
      // It asks again and again, and what it sends on is ours.
      picks: (seen) => seen.path === path && recorder.held === 0,
    },
    resources,
  );
  const plugin = await startPlugin({ env: {}, document, directory, port }, resources);
  await until('the plugin is ready', async () => ((await plugin.readiness()) === 'ready' ? undefined : 'it is not'));
  for (const { start, ...label } of ways) {
    path = label.file === 'scrape' ? '/metrics' : `/${label.file}`;
    const own = join(directory, label.file);
    mkdirSync(own);
    const { config, args, isContent } = start(new URL(recorder.url).host, await freePort());
    const file = join(own, 'config');
    writeFileSync(file, config);
    const child = await startChild({
      ...{ name, command: pathOf(program), args: args(file, own) },
      ...{ env: { HOME: own }, cwd: own, logFile: join(own, 'log') },
    });
    resources.add(() => child.stop('SIGTERM'));
    await until(`${name} is content`, async () => {
      const end = child.end();
      if (end !== undefined) throw new Error(`${name} ended with ${end}: ${child.tail(3).join(' ')}`);
      return recorder.held > 0 && (await isContent()) ? undefined : child.tail(2).join(' ');
    });
    await child.stop('SIGTERM');
    await recorder.cut(label);
  }
  return recorder.finish();
}

/** Those that are here, and a sentence for each that is not. */
export function findProbes(): readonly [recordables: readonly Recordable[], missing: readonly string[]] {
  const probes = [PROMETHEUS, CADDY, HAPROXY].map((probe) => ({ probe, version: versionOf(probe.program) }));
  const there = probes.flatMap(({ probe, version }) =>
    version === undefined
      ? []
      : [{ id: probe.program.id, record: (place: RecordPlace) => record(probe, version, place) }],
  );
  const missing = probes.flatMap(({ probe: { program }, version }) =>
    version === undefined ? [`${program.name}: ${pathOf(program)} cannot be run; set ${program.variable}`] : [],
  );
  return [there, missing];
}
