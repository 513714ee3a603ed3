// Runs a proxy in front of the plugin, as the page about operation has it: below a path, and here without TLS.

import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../testkit/free-port.js';
import { startChild } from './child.js';
import type { Resources } from './resources.js';
import { until } from './wait.js';

/** The path below which the plugin is reached. */
const PREFIX = '/statsig';

/** A proxy that can be run. */
export interface FrontProxy {
  readonly path: string;
  readonly kind: ProxyKind;
}

type ProxyKind = 'nginx' | 'caddy';

const PROXIES: Readonly<
  Record<ProxyKind, { readonly variable: string; readonly path: string; readonly from: string }>
> = {
  nginx: { variable: 'NGINX_PATH', path: '/usr/sbin/nginx', from: 'nginx-light' },
  caddy: { variable: 'CADDY_PATH', path: '/usr/bin/caddy', from: 'caddy' },
};

/** The program, or a sentence about what is missing. */
export function findProxy(kind: ProxyKind, env: Readonly<Record<string, string | undefined>>): FrontProxy | string {
  const { variable, path: usual, from } = PROXIES[kind];
  const path = env[variable]?.trim() || usual;
  try {
    accessSync(path, constants.X_OK);
    return { path, kind };
  } catch {
    return `${kind}: ${path} is not a file that can be run. Install it (Debian: apt-get install ${from}) or set ${variable}.`;
  }
}

/** With several addresses, what one does not take goes to the next. */
function nginxFile(port: number, pluginUrls: readonly string[], directory: string): string {
  const servers = pluginUrls.map((url) => `server ${new URL(url).host} max_fails=1 fail_timeout=1s;`);
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/nginx.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  upstream statsig-cdp { ${servers.join(' ')} }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 10m;
    client_body_buffer_size 10m;
    location ${PREFIX}/ {
      proxy_pass http://statsig-cdp/;
      proxy_next_upstream error timeout http_502 http_503 non_idempotent;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host "";
      proxy_set_header X-Forwarded-Prefix ${PREFIX};
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;
}

/** It holds a request for half a minute until the plugin takes the connection. */
function caddyFile(port: number, pluginUrls: readonly string[]): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  handle_path ${PREFIX}/* {
    reverse_proxy ${pluginUrls.join(' ')} {
      lb_try_duration 30s
      header_up X-Forwarded-Prefix ${PREFIX}
    }
  }
}
`;
}

/**
 * Starts it.
 *
 * @param pluginUrls one, or those of the replicas
 * @param directory for its files
 * @returns the address below which the plugin is reached
 */
export async function startProxy(
  { kind, path }: FrontProxy,
  pluginUrls: readonly string[],
  directory: string,
  resources: Resources,
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const file = join(directory, `${kind}.conf`);
  writeFileSync(file, kind === 'nginx' ? nginxFile(port, pluginUrls, directory) : caddyFile(port, pluginUrls));
  const child = await startChild({
    name: kind,
    command: path,
    args:
      kind === 'nginx'
        ? ['-c', file, '-e', join(directory, 'nginx.log')]
        : ['run', '--config', file, '--adapter', 'caddyfile'],
    env: { HOME: directory },
    cwd: directory,
    logFile: join(directory, `${kind}.out`),
  });
  resources.add(() => child.stop('SIGTERM'));
  const url = `http://127.0.0.1:${port}${PREFIX}`;
  await until(`${kind} starts`, async () => {
    const end = child.end();
    if (end !== undefined) throw new Error(`${kind} ended with ${end}: ${child.tail(3).join(' ')}`);
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    return answer?.status === 200 ? undefined : 'it does not answer';
  });
  return url;
}
