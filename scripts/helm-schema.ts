// Writes the schema of the Helm chart's values: its part `environment` is what manifest.json declares, so that the chart refuses what no process would read.

import type { EnvironmentVariable, Manifest } from '../src/settings/manifest/model.js';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const count = (minimum: number, maximum?: number): Schema => ({
  type: 'integer',
  minimum,
  ...(maximum !== undefined && { maximum }),
});
const anything: Schema = { type: 'object' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const choice = (...values: readonly string[]): Schema => ({ enum: values });
const mapOf = (value: Schema, names?: string): Schema => ({
  type: 'object',
  ...(names !== undefined && { propertyNames: { pattern: names } }),
  additionalProperties: value,
});
const exactly = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});

/** What the chart sets by itself, or knows by another name. */
const OF_THE_CHART: ReadonlySet<string> = new Set([
  'PORT',
  'PUBLIC_PORT',
  'HOST',
  'PUBLIC_HOST',
  'OUTBOX_DIRECTORY',
  'STATSIG_CDP_DATA',
]);

const VARIABLE = '^[A-Za-z_][A-Za-z0-9_]*$';

/** The name of a settings document: its ending says what it is. */
const DOCUMENT = '^[A-Za-z0-9_-][A-Za-z0-9._-]*\\.(json|ya?ml)$';

function variableSchema({ type, enum: values, minimum, maximum, description }: EnvironmentVariable): Schema {
  return {
    description,
    type,
    ...(values !== undefined && { enum: values }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
  };
}

const kubernetesService = (extra: Readonly<Record<string, Schema>> = {}): Schema =>
  exactly({
    ...extra,
    type: choice('ClusterIP', 'NodePort', 'LoadBalancer'),
    port: count(1, 65_535),
    annotations: mapOf(text),
  });

const probe = exactly({
  path: { type: 'string', pattern: '^/' },
  periodSeconds: count(1),
  timeoutSeconds: count(1),
  failureThreshold: count(1),
});

/** The text of `values.schema.json`. */
export function helmValuesSchema({ environment }: Manifest): string {
  const open = environment.filter(({ name, secret }) => secret !== true && !OF_THE_CHART.has(name));
  const secret = environment.filter(({ secret }) => secret === true).map(({ name }) => name);
  const schema: Schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made by `npm run generate`; do not edit.',
    ...exactly({
      global: anything,
      image: exactly({ repository: text, tag: text, pullPolicy: choice('Always', 'IfNotPresent', 'Never') }),
      imagePullSecrets: list(exactly({ name: text })),
      nameOverride: text,
      fullnameOverride: text,
      replicas: count(1),
      outbox: exactly({
        url: { type: 'string', pattern: '^$|^postgres(ql)?://' },
        existingSecret: exactly({ name: text, key: text }),
      }),
      persistence: exactly({
        size: text,
        storageClass: text,
        accessModes: list(choice('ReadWriteOnce', 'ReadWriteOncePod')),
        annotations: mapOf(text),
      }),
      environment: exactly(Object.fromEntries(open.map((variable) => [variable.name, variableSchema(variable)]))),
      secrets: {
        ...mapOf({ type: 'string', minLength: 1 }, VARIABLE),
        description: `Secret variables of the process are ${secret.filter((name) => name !== 'OUTBOX_URL').join(', ')}; others are for \`env:NAME\` in settings documents.`,
        not: {
          anyOf: [...open.map(({ name }) => name), ...OF_THE_CHART, 'OUTBOX_URL'].map((name) => ({ required: [name] })),
        },
      },
      existingSecrets: list(text),
      settings: exactly({
        documents: mapOf({ type: ['string', 'object'] }, DOCUMENT),
        existingSecret: text,
        existingConfigMap: text,
      }),
      service: exactly({ private: kubernetesService(), public: kubernetesService({ enabled: flag }) }),
      ingress: exactly({
        enabled: flag,
        className: text,
        annotations: mapOf(text),
        host: text,
        path: { type: 'string', pattern: '^/' },
        tlsSecret: text,
      }),
      autoscaling: exactly({ enabled: flag, minReplicas: count(1), maxReplicas: count(1), cpu: count(1, 1000) }),
      podDisruptionBudget: exactly({ enabled: flag, maxUnavailable: { type: ['integer', 'string'] } }),
      drainDelaySeconds: count(0, 600),
      probes: exactly({ readiness: probe, liveness: probe, startup: probe }),
      resources: anything,
      serviceAccount: exactly({ create: flag, name: text, annotations: mapOf(text) }),
      topologySpread: exactly({
        enabled: flag,
        topologyKey: text,
        maxSkew: count(1),
        whenUnsatisfiable: choice('ScheduleAnyway', 'DoNotSchedule'),
      }),
      nodeSelector: mapOf(text),
      tolerations: list(anything),
      affinity: anything,
      priorityClassName: text,
      podAnnotations: mapOf(text),
      podLabels: mapOf(text),
      serviceMonitor: exactly({ enabled: flag, interval: text, labels: mapOf(text) }),
      networkPolicy: exactly({ enabled: flag, privateFrom: list(anything), publicFrom: list(anything) }),
    }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
