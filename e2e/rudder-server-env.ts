// The environment in which rudder-server runs alone on this machine.

import type { Postgres } from './postgres.js';

/** What differs from run to run. */
export interface ServerPlace {
  readonly gatewayPort: number;
  readonly transformerUrl: string;
  readonly configFile: string;
  readonly directory: string;
  readonly postgres: Postgres;
  readonly database: string;
}

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

/** Telemetry is on by default: all of it is switched off, and what cannot be is sent nowhere. */
const ALONE = {
  CONFIG_BACKEND_URL: NOWHERE,
  CP_ROUTER_URL: NOWHERE,
  SUPPRESS_USER_BACKEND_URL: NOWHERE,
  REPORTING_URL: NOWHERE,
  RSERVER_DIAGNOSTICS_ENDPOINT: NOWHERE,
  RSERVER_DIAGNOSTICS_ENABLE_DIAGNOSTICS: 'false',
  RSERVER_SOURCE_DEBUGGER_DISABLE_EVENT_UPLOADS: 'true',
  RSERVER_DESTINATION_DEBUGGER_DISABLE_EVENT_DELIVERY_STATUS_UPLOADS: 'true',
  RSERVER_TRANSFORMATION_DEBUGGER_DISABLE_TRANSFORMATION_STATUS_UPLOADS: 'true',
  RSERVER_ENABLE_STATS: 'false',
  RSERVER_PROFILER_ENABLED: 'false',
  RSERVER_ADMIN_SERVER_ENABLED: 'false',
  RSERVER_JOBS_DB_BACKUP_ENABLED: 'false',
  RSERVER_ARCHIVAL_ENABLED: 'false',
  RSERVER_GATEWAY_ENABLE_SUPPRESS_USER_FEATURE: 'false',
  RSERVER_WAREHOUSE_MODE: 'off',
};

/** The defaults are made for long hauls; a test wants to see the same things sooner. */
const QUICK = {
  RSERVER_PROCESSOR_READ_LOOP_SLEEP: '50ms',
  RSERVER_PROCESSOR_MAX_LOOP_SLEEP: '100ms',
  RSERVER_PROCESSOR_PINGER_SLEEP: '50ms',
  RSERVER_ROUTER_READ_SLEEP: '50ms',
  RSERVER_ROUTER_MAX_STATUS_UPDATE_WAIT: '50ms',
  RSERVER_ROUTER_UPDATE_STATUS_BATCH_SIZE: '5',
  RSERVER_ROUTER_PICKUP_FLUSH_INTERVAL: '100ms',
  RSERVER_ROUTER_MIN_RETRY_BACKOFF: '200ms',
  RSERVER_ROUTER_MAX_RETRY_BACKOFF: '1s',
};

/** What the installation page recommends, with fewer workers so that batches fill at low volume. */
const RECOMMENDED = {
  RSERVER_PROCESSOR_MAX_RETRY: '3000',
  RSERVER_ROUTER_STATSIG_NO_OF_JOBS_TO_BATCH_IN_A_WORKER: '500',
  RSERVER_ROUTER_STATSIG_JOBS_BATCH_TIMEOUT: '500ms',
  RSERVER_ROUTER_STATSIG_NO_OF_WORKERS: '4',
};

/** The whole environment: rudder-server finds nothing else. */
export function serverEnvironment(place: ServerPlace): Record<string, string> {
  const { gatewayPort, transformerUrl, configFile, directory, postgres, database } = place;
  return {
    ...ALONE,
    ...QUICK,
    ...RECOMMENDED,
    // No such file: the built-in defaults apply.
    CONFIG_PATH: `${directory}/config.yaml`,
    RSERVER_BACKEND_CONFIG_CONFIG_FROM_FILE: 'true',
    RSERVER_BACKEND_CONFIG_CONFIG_JSONPATH: configFile,
    RSERVER_BACKEND_CONFIG_DB_CACHE_ENABLED: 'false',
    RSERVER_GATEWAY_WEB_PORT: String(gatewayPort),
    WORKSPACE_TOKEN: 'local',
    INSTANCE_ID: '1',
    // Names its connections. On its start it ends all others of the same name, whatever their database.
    HOSTNAME: database,
    GO_ENV: 'production',
    LOG_LEVEL: 'INFO',
    RUDDER_TMPDIR: directory,
    DEST_TRANSFORM_URL: transformerUrl,
    JOBS_DB_HOST: postgres.host,
    JOBS_DB_PORT: postgres.port,
    JOBS_DB_USER: postgres.user,
    JOBS_DB_PASSWORD: postgres.password,
    JOBS_DB_DB_NAME: database,
    JOBS_DB_SSL_MODE: postgres.sslMode,
  };
}
