// The Helm chart: helm takes it with values of several kinds, what it would install is what Kubernetes takes and the process reads, and what contradicts itself is refused.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { inspectProcessSettings } from '../../src/settings/process.js';
import { askProgram } from '../../testkit/ask-program.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const CHART = new URL('../../../deploy/helm/statsig-cdp', import.meta.url).pathname;

/** Else it takes the version that it was built for. */
const KUBERNETES = ['--kube-version', '1.31.0'];

/** Folder with Kubernetes's schemas, one file for each kind, for kubeconform: no registry has them in its form. CONTRIBUTING.md says how they are made. */
const SCHEMAS = process.env.KUBERNETES_SCHEMAS;

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly type?: string;
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
    readonly volumeClaimTemplates?: readonly unknown[];
    readonly ingress?: readonly { readonly ports: readonly { readonly port: string }[]; readonly from?: unknown }[];
    readonly maxUnavailable?: number;
    readonly metrics?: readonly { readonly resource: { readonly target: { readonly averageUtilization: number } } }[];
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: { readonly runAsNonRoot: boolean };
        readonly containers: readonly [Container];
        readonly topologySpreadConstraints?: readonly unknown[];
      };
    };
  };
}

function valuesFile(context: TestContext, values: object): string {
  const file = join(temporaryDirectory(context), 'values.yaml');
  writeFileSync(file, stringify(values));
  return file;
}

/** What helm would install. @returns `undefined` where it is not here */
function render(context: TestContext, values: object): readonly Resource[] | undefined {
  const file = valuesFile(context, values);
  if (askProgram(context, 'helm', 'lint', '--strict', CHART, '-f', file) === undefined) return undefined;
  const text = askProgram(context, 'helm', 'template', 'cdp', CHART, '-f', file, ...KUBERNETES) ?? '';
  if (SCHEMAS === undefined || spawnSync('kubeconform', ['-v']).error !== undefined)
    console.error('NOT CHECKED: what Kubernetes says of it, because kubeconform or KUBERNETES_SCHEMAS is not here.');
  else {
    const rendered = join(temporaryDirectory(context), 'rendered.yaml');
    writeFileSync(rendered, text);
    const location = join(SCHEMAS, '{{.ResourceKind}}{{.KindSuffix}}.json');
    askProgram(context, 'kubeconform', '-strict', '-skip', 'ServiceMonitor', '-schema-location', location, rendered);
  }
  return parseAllDocuments(text).flatMap((document) => document.toJS() ?? []);
}

/** Why helm installs nothing. */
function refusal(context: TestContext, values: object): string | undefined {
  const file = valuesFile(context, values);
  const { status, stderr, error } = spawnSync('helm', ['template', 'cdp', CHART, '-f', file, ...KUBERNETES], {
    encoding: 'utf8',
  });
  if (error !== undefined) return void askProgram(context, 'helm', 'version');
  assert.notEqual(status, 0, JSON.stringify(values));
  return stderr;
}

const kinds = (resources: readonly Resource[]) => resources.map(({ kind }) => kind).sort();

function only(resources: readonly Resource[], kind: string): Resource {
  const [found, ...others] = resources.filter((resource) => resource.kind === kind);
  assert.ok(found !== undefined && others.length === 0, `one ${kind}`);
  return found;
}

/** The variables of the pod, those of its secrets included. */
function environmentOf(resources: readonly Resource[], workload: Resource): Record<string, string> {
  const [{ env }] = workload.spec.template.spec.containers;
  const secrets = resources.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === workload.metadata.name);
  return { ...secrets?.stringData, ...Object.fromEntries(env.map(({ name, value = 'made-up' }) => [name, value])) };
}

function assertConfined({ spec }: Resource): void {
  const { securityContext, containers } = spec.template.spec;
  assert.equal(securityContext.runAsNonRoot, true);
  assert.equal(containers[0].securityContext.readOnlyRootFilesystem, true);
}

test('without a database it is one pod with a volume', (context) => {
  const resources = render(context, {});
  if (resources === undefined) return;
  assert.deepEqual(kinds(resources), ['PodDisruptionBudget', 'Service', 'Service', 'ServiceAccount', 'StatefulSet']);
  const workload = only(resources, 'StatefulSet');
  assert.equal(workload.spec.replicas, 1);
  assert.equal(workload.spec.volumeClaimTemplates?.length, 1);
  assertConfined(workload);
  assert.deepEqual(inspectProcessSettings(environmentOf(resources, workload)).faults, []);
});

const SHARED = {
  replicas: 3,
  outbox: { url: 'postgres://cdp:made-up@database:5432/statsig' },
  secrets: { ADMIN_TOKEN: 'made-up-admin-token', SHOP_KEY: 'made-up-key' },
  settings: { documents: { 'shop.yaml': { id: 'shop', secretKey: 'env:SHOP_KEY' } } },
  environment: { OUTBOX_MAX_BYTES: 10_737_418_240, DRAIN_TIMEOUT_MS: 25_000, ROUTER_TRANSFORM: false, WORKERS: '2' },
};

test('with a database it is any number of pods without one, whose variables the process reads', (context) => {
  const resources = render(context, SHARED);
  if (resources === undefined) return;
  const workload = only(resources, 'Deployment');
  assert.equal(workload.spec.replicas, 3);
  assert.equal(workload.spec.volumeClaimTemplates, undefined);
  assertConfined(workload);
  const { containers, terminationGracePeriodSeconds, topologySpreadConstraints } = workload.spec.template.spec;
  assert.equal(terminationGracePeriodSeconds, 5 + 25 + 10, 'longer than the pause and the drain together');
  assert.equal(topologySpreadConstraints?.length, 1);
  const environment = environmentOf(resources, workload);
  const { settings, faults } = inspectProcessSettings(environment);
  assert.deepEqual(faults, []);
  assert.equal(settings.outboxMaxBytes, 10_737_418_240, 'not 1.073741824e+10');
  assert.equal(settings.drainTimeoutMs, 25_000);
  assert.equal(settings.routerTransform, false);
  const [container] = containers;
  assert.deepEqual(
    container.ports.map(({ name, containerPort }) => [name, containerPort]),
    [
      ['private', settings.port],
      ['public', settings.publicPort],
    ],
  );
  assert.equal(container.readinessProbe.httpGet.port, 'private');
  assert.ok(container.volumeMounts.some(({ mountPath }) => mountPath === settings.settingsLocation));
  for (const { env } of workload.spec.template.spec.containers)
    assert.ok(!JSON.stringify(env).includes('made-up'), 'secrets stand in a Secret alone');
  const services = resources.filter(({ kind }) => kind === 'Service');
  assert.deepEqual(
    services.map(({ spec }) => spec.ports?.map(({ port, targetPort }) => [port, targetPort])),
    [[[9090, 'private']], [[8080, 'public']]],
  );
  assert.equal(only(resources, 'PodDisruptionBudget').spec.maxUnavailable, 1);
});

test('all that may be switched on', (context) => {
  const resources = render(context, {
    ...SHARED,
    outbox: { existingSecret: { name: 'outbox', key: 'url' } },
    secrets: {},
    existingSecrets: ['tokens'],
    settings: { existingConfigMap: 'documents' },
    autoscaling: { enabled: true },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    networkPolicy: { enabled: true, privateFrom: [{ podSelector: { matchLabels: { app: 'rudder-server' } } }] },
    ingress: { enabled: true, className: 'nginx', tlsSecret: 'events-tls', annotations: { a: 'b' } },
    podLabels: { team: 'data' },
    podAnnotations: { note: 'text' },
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    priorityClassName: 'high',
    imagePullSecrets: [{ name: 'registry' }],
  });
  if (resources === undefined) return;
  const added = ['HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy', 'ServiceMonitor'];
  for (const kind of added) only(resources, kind);
  const workload = only(resources, 'Deployment');
  assert.equal(workload.spec.replicas, undefined, 'the autoscaler decides');
  assert.equal(only(resources, 'HorizontalPodAutoscaler').spec.metrics?.[0]?.resource.target.averageUtilization, 70);
  assert.ok(environmentOf(resources, workload).OUTBOX_URL !== undefined);
  const rules = only(resources, 'NetworkPolicy').spec.ingress ?? [];
  for (const { ports, from } of rules)
    assert.equal(
      from === undefined,
      ports[0]?.port === 'public',
      'no one but those that are named reaches the private port',
    );
});

test('a network policy that names no one for the private port closes it', (context) => {
  const resources = render(context, { networkPolicy: { enabled: true } });
  if (resources === undefined) return;
  const rules = only(resources, 'NetworkPolicy').spec.ingress ?? [];
  assert.deepEqual(
    rules.map(({ ports }) => ports.map(({ port }) => port)),
    [['public']],
  );
});

const REFUSED: readonly (readonly [string, object, RegExp])[] = [
  ['two pods without a database', { replicas: 2 }, /replicas: 2 needs a shared outbox/],
  ['an autoscaler without a database', { autoscaling: { enabled: true } }, /autoscaling needs a shared outbox/],
  ['a database without a token', { outbox: { url: 'postgres://database/statsig' } }, /needs ADMIN_TOKEN/],
  ['another database', { outbox: { url: 'mysql://database/statsig' } }, /outbox\/url/],
  [
    'two ways to the database',
    { ...SHARED, outbox: { ...SHARED.outbox, existingSecret: { name: 'outbox' } } },
    /outbox\.url and outbox\.existingSecret/,
  ],
  [
    'two places of settings',
    { settings: { documents: { 'a.yaml': {} }, existingSecret: 'b' } },
    /contradict each other/,
  ],
  [
    'settings beside a service of settings',
    { settings: { existingSecret: 'a' }, environment: { STATSIG_CDP_SETTINGS: 'https://settings' } },
    /contradict each other/,
  ],
  [
    'an ingress to no port',
    { ingress: { enabled: true }, service: { public: { enabled: false } } },
    /service\.public\.enabled/,
  ],
  ['a variable that no one reads', { environment: { PROT: 1 } }, /PROT/],
  ['a variable of the wrong type', { environment: { DRAIN_TIMEOUT_MS: 'soon' } }, /DRAIN_TIMEOUT_MS/],
  ['a secret among the variables', { environment: { ADMIN_TOKEN: 'made-up' } }, /ADMIN_TOKEN/],
  ['a variable among the secrets', { secrets: { LOG_LEVEL: 'debug' } }, /secrets/],
  ['a value that there is not', { replicaCount: 3 }, /replicaCount/],
];

test('what contradicts itself, or no one reads, is refused', (context) => {
  for (const [what, values, said] of REFUSED) {
    const text = refusal(context, values);
    if (text === undefined) return;
    assert.match(text, said, what);
    assert.doesNotMatch(text, /made-up/, 'no secret is repeated');
  }
});
