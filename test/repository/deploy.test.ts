// What is under deploy/ and .github/ names what there is: metrics with their labels, variables, ports, versions of Node.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { ERRORS } from '../../src/base/errors.js';
import { createMetrics } from '../../src/operate/metrics.js';
import { laneId, STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import { manifest } from '../../src/settings/manifest.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Whether it is the path of a route for operators. */
const isRoute = (path: string) => (manifest.protocols.operations?.routes ?? []).some((route) => route.path === path);

/** What a scrape shows of a process to which all has happened: each metric's labels, by its name. */
async function labelsByMetric(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const lane = { lane: laneId('shop', STATSIG_TARGET), workspaceId: 'shop', target: STATSIG_TARGET };
  const metrics = createMetrics({
    cacheCounts: () => ({ hits: 1, misses: 1, evictions: 1 }),
    bytesInFlight: () => 1,
    parsedBytesInFlight: () => 1,
    outboxStatus: () => ({
      at: 1,
      ok: true,
      bytes: 1,
      lanes: [{ ...lane, waiting: 1, deadLetters: 1, oldestAcceptedAt: 1 }],
    }),
    outboxUsage: () => ({ diskBytes: 1, deadLetterBytes: 1, droppedDeadLetters: { age: 1, bytes: 1 } }),
    listSizes: () => [{ workspaceId: 'shop', listId: 'vip', ids: 1 }],
    dispatcherStatus: () => ({
      running: true,
      inFlight: 0,
      hosts: [{ host: 'https://example.com', circuit: 'open', lanes: 1 }],
      lanes: [{ ...lane, circuit: 'open', inFlight: 0 }],
    }),
    settingsFaults: () => 1,
    settingsWarnings: () => 1,
    workspaces: () => ({ all: 1, dry_run: 1, paused: 1 }),
    upstreamAnswers: () => true,
  });
  metrics.countIngested('segment', 'shop', [{ kind: 'duplicate' }]);
  metrics.countNoted('segment', 'shop', { entries: [['no_id', 1]] } as never);
  metrics.countForwarded('forwarded');
  metrics.countRefused('/v1/batch', 'OUTBOX_FULL');
  metrics.observeRequest('/v1/batch', 200, 1);
  const { text } = await metrics.scrape();
  const found = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = found.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

/** Prometheus adds these to what it scrapes. */
const OF_THE_SCRAPE = ['job', 'instance'];

interface Selector {
  readonly metric: string;
  /** As `outcome="failed_delivery"`. */
  readonly conditions: readonly { readonly label: string; readonly values: readonly string[] }[];
}

/** The metrics that a PromQL expression names, and what it asks of their labels. */
function selectorsOf(expression: string): readonly Selector[] {
  return [...expression.matchAll(/\b((?:statsig_cdp|process|nodejs)_\w+|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, metric = '', inside = '']) => ({
      metric,
      conditions: [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', value = '']) => ({
        label,
        values: value.split('|'),
      })),
    }),
  );
}

/** The labels that an expression keeps: `sum by (workspace, target)`. */
const keptBy = (expression: string) =>
  [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((each) => each.trim()));

/** Labels that a text of an alert or a legend shows. */
const shownIn = (text: string) =>
  [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z]\w*)/g)].map(([, label = '']) => label);

/** One PromQL expression, and the texts that show what comes out of it. */
interface Query {
  readonly where: string;
  readonly expression: string;
  readonly texts: readonly string[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

function queries(): readonly Query[] {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] };
  const { panels, templating } = JSON.parse(read('deploy/grafana/dashboard.json')) as {
    panels: Panel[];
    templating: { list: { name: string; definition?: string }[] };
  };
  return [
    ...groups.flatMap(({ rules }) =>
      rules.map(({ alert, expr, annotations }) => ({
        where: alert,
        expression: expr,
        texts: Object.values(annotations),
      })),
    ),
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => ({ where: title, expression: expr, texts: [legendFormat] })),
    ),
    ...templating.list.flatMap(({ name, definition }) =>
      definition === undefined ? [] : [{ where: name, expression: definition, texts: [] }],
    ),
  ];
}

test('alerts and dashboard ask for metrics and labels that there are', async () => {
  const labels = await labelsByMetric();
  const faults: string[] = [];
  const asked = new Set<string>();
  for (const { where, expression, texts } of queries()) {
    const selectors = selectorsOf(expression);
    assert.notEqual(selectors.length, 0, `${where} asks for nothing`);
    const kept = keptBy(expression);
    for (const { metric, conditions } of selectors) {
      asked.add(metric);
      const known = metric === 'up' ? new Set<string>() : labels.get(metric);
      if (known === undefined) faults.push(`${where}: there is no ${metric}`);
      const has = (label: string) => known?.has(label) || OF_THE_SCRAPE.includes(label);
      for (const label of [...conditions.map((each) => each.label), ...kept])
        if (!has(label)) faults.push(`${where}: ${metric} has no ${label}`);
      if (kept.length === 0)
        for (const label of texts.flatMap(shownIn)) if (!has(label)) faults.push(`${where}: nothing has ${label}`);
    }
    if (kept.length > 0)
      for (const label of texts.flatMap(shownIn))
        if (!kept.includes(label)) faults.push(`${where}: ${label} is not kept`);
  }
  assert.deepEqual(faults, []);
  const unseen = [...labels.keys()].filter(
    (name) => /^statsig_cdp_\w+$/.test(name) && !/_(?:sum|bucket)$/.test(name) && !asked.has(name),
  );
  assert.deepEqual(unseen, [], 'each metric of the plugin has a panel or an alert');
});

test('alerts and dashboard compare labels with values that they can have', async () => {
  const page = read('docs/operate.md');
  const faults = queries().flatMap(({ where, expression }) =>
    selectorsOf(expression).flatMap(({ conditions }) =>
      conditions.flatMap(({ label, values }) =>
        values
          .filter((value) => !value.startsWith('$') && !/[.*]/.test(value) && !['job', 'route'].includes(label))
          .filter((value) => !(label === 'code' ? value in ERRORS : page.includes(`\`${value}\``)))
          .map((value) => `${where}: ${label} is never ${value}`),
      ),
    ),
  );
  assert.deepEqual(faults, []);
});

test('every alert is tested, and one of its tests fires', () => {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] };
  const { tests } = parse(read('deploy/prometheus/alerts.test.yaml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
  };
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  const named = (fires: boolean) =>
    cases.filter(({ exp_alerts }) => (exp_alerts !== undefined) === fires).map(({ alertname }) => alertname);
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)).sort();
  assert.deepEqual([...new Set(named(true))].sort(), alerts);
  assert.deepEqual([...new Set(named(false))].sort(), alerts);
});

test('image, compose file and unit set variables that are read', () => {
  const variables = manifest.environment.map(({ name }) => name);
  const compose = parse(read('deploy/compose.yaml')) as {
    services: Record<string, { environment?: Record<string, string | number> }>;
  };
  const set = [
    ...[...read('deploy/Dockerfile').matchAll(/^ENV (\w+)=/gm)].map(([, name = '']) => name),
    ...[...read('deploy/systemd/statsig-cdp.service').matchAll(/^Environment=(\w+)=/gm)].map(([, name = '']) => name),
    ...Object.keys(compose.services['statsig-cdp']?.environment ?? {}),
  ];
  assert.ok(set.length > 10);
  assert.deepEqual(
    set.filter((name) => name !== 'NODE_ENV' && !variables.includes(name)),
    [],
  );
  const { PORT, PUBLIC_PORT } = compose.services['statsig-cdp']?.environment ?? {};
  assert.equal(compose.services['rudder-server']?.environment?.DEST_TRANSFORM_URL, `http://statsig-cdp:${PORT}`);
  assert.match(read('deploy/caddy/Caddyfile'), new RegExp(`reverse_proxy statsig-cdp:${PUBLIC_PORT}\\b`));
  assert.match(read('deploy/nginx/statsig-cdp.conf'), new RegExp(`server 127\\.0\\.0\\.1:${PUBLIC_PORT}\\b`));
});

test('three replicas and their balancer name variables that are read, ports that are served, and secrets that there are', () => {
  const { services, secrets } = parse(read('deploy/compose.scale.yaml')) as {
    services: Record<
      string,
      {
        environment?: Record<string, string | number>;
        entrypoint?: string[];
        secrets?: string[];
        deploy?: { replicas: number };
      }
    >;
    secrets: Record<string, { file: string }>;
  };
  const variables = manifest.environment.map(({ name }) => name);
  const { environment = {}, entrypoint = [], deploy } = services['statsig-cdp'] ?? {};
  const script = entrypoint.join('\n');
  const exported = [...script.matchAll(/(\w+)="\$\$\(cat \/run\/secrets\/([\w-]+)\)"/g)];
  const names = [...Object.keys(environment), ...exported.map(([, name = '']) => name)];
  assert.ok(names.includes('OUTBOX_URL') && names.includes('ADMIN_TOKEN'));
  assert.deepEqual(
    names.filter((name) => !variables.includes(name)),
    [],
  );
  for (const { name } of manifest.environment.filter(({ secret }) => secret))
    assert.ok(!(name in environment), `${name} stands in a file`);
  assert.deepEqual(
    exported.map(([, , file = '']) => file).sort(),
    [...(services['statsig-cdp']?.secrets ?? [])].sort(),
  );
  const asked = Object.values(services).flatMap((service) => service.secrets ?? []);
  assert.deepEqual(asked.sort(), Object.keys(secrets).sort());
  for (const [name, { file }] of Object.entries(secrets))
    assert.ok(read('deploy/compose.scale.yaml').includes(`#   ${file.slice(2)} `), `${name} is described`);
  // With the paths of files that are not there, and a program that says it was started.
  const started = (text: string) =>
    spawnSync('sh', ['-c', text.replaceAll('$$', '$').replace(/^exec .*/m, 'echo started')], { encoding: 'utf8' })
      .stdout;
  const here = script.split('\n').slice(2).join('\n');
  assert.equal(started(here.replaceAll(/\/run\/secrets\/[\w-]+/g, '/dev/null')), 'started\n');
  for (const [, name = '', file = ''] of exported) {
    const others = here.replaceAll(/\/run\/secrets\/([\w-]+)/g, (path, other) => (other === file ? path : '/dev/null'));
    assert.equal(started(others), '', `${name} cannot be read`);
  }
  const balancer = read('deploy/haproxy/haproxy.cfg');
  for (const port of [environment.PORT, environment.PUBLIC_PORT])
    assert.match(balancer, new RegExp(`server-template replica ${deploy?.replicas} statsig-cdp:${port} `));
  const checked = [...balancer.matchAll(/httpchk GET (\S+)/g)].map(([, path = '']) => path);
  assert.deepEqual(
    checked.filter((path) => !isRoute(path)),
    [],
  );
});

test('the chart has the version of the package, asks routes that there are, and its values fit their schema', () => {
  const chart = parse(read('deploy/helm/statsig-cdp/Chart.yaml')) as { version: string; appVersion: string };
  const { version } = JSON.parse(read('package.json')) as { version: string };
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  const values = parse(read('deploy/helm/statsig-cdp/values.yaml')) as {
    probes: Record<string, { path: string }>;
  };
  const { $comment: _, ...schema } = JSON.parse(read('deploy/helm/statsig-cdp/values.schema.json'));
  const check = new Ajv({ allowUnionTypes: true }).compile(schema);
  assert.ok(check(values), JSON.stringify(check.errors));
  const described = Object.keys(schema.properties).filter((name) => name !== 'global');
  assert.deepEqual(Object.keys(values).sort(), described.sort(), 'each value that there is stands in values.yaml');
  for (const { path } of Object.values(values.probes)) assert.ok(isRoute(path), path);
});

test('proxies lead to the public port alone', () => {
  for (const file of ['deploy/caddy/Caddyfile', 'deploy/nginx/statsig-cdp.conf'])
    assert.doesNotMatch(read(file), /\b9090\b/, file);
});

test('workflows name what they run by hashes, and the versions of Node that are supported', () => {
  const folder = '.github/workflows';
  for (const name of readdirSync(join(ROOT, folder))) {
    const text = read(`${folder}/${name}`);
    for (const [line] of text.matchAll(/uses:.*$/gm))
      assert.match(line, /^uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/, name);
    assert.match(text, /^permissions:\n {2}contents: read$/m, `${name} may read, unless it says more`);
  }
  const [, nodes = ''] = /node: \[(.*)\]/.exec(read(`${folder}/test.yml`)) ?? [];
  const [, checked = ''] = /const VERSIONS = \[(.*)\]/.exec(read('scripts/check-nodes.ts')) ?? [];
  assert.equal(nodes, checked.replaceAll("'", ''));
});
