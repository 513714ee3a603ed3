// Attempts to make the process call an address that no settings name, through delivery requests and Configs.

import type { Attempt, AttemptGroup } from './attempt.js';
import { deliveryRequest, NO_OTHER_HOST, unseen } from './canary.js';
import { REDIRECTS } from './redirects.js';
import { type HostileAnswer, send } from './request.js';
import type { HostileRig } from './rig.js';

/** Addresses of the canary, and addresses that only look like Statsig's. */
function addresses({ canaryUrl, statsigUrl }: HostileRig): readonly string[] {
  const port = canaryUrl.split(':').at(-1) ?? '';
  const allowed = `${statsigUrl}/v1/log_event`;
  const own = statsigUrl.slice('http://'.length);
  return [
    `${canaryUrl}/v1/log_event`,
    `http://localhost:${port}/v1/log_event`,
    `http://2130706433:${port}/v1/log_event`,
    `http://0x7f.1:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://0:${port}/`,
    `http://${own}@127.0.0.1:${port}/v1/log_event`,
    `http://127.0.0.1:${port}#@${own}/v1/log_event`,
    `http://127.0.0.1:${port}\\@${own}/v1/log_event`,
    `${canaryUrl}/?u=${allowed}`,
    `${statsigUrl}/v1/log_event/../../other`,
    `${statsigUrl}/v1/log_event?x=1`,
    `${statsigUrl}/v1/log_event#x`,
    `${statsigUrl}/v1/log_event/`,
    `${statsigUrl}//v1/log_event`,
    `${allowed}\t`,
    ` ${allowed}`,
    `${statsigUrl.toUpperCase()}/v1/log_event`,
    'https://events.statsigapi.net.evil.example/v1/log_event',
    'https://events.statsigapi.net:8443/v1/log_event',
    'http://events.statsigapi.net/v1/log_event',
    'http://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
    'data:application/json,{}',
    'blob:http://127.0.0.1/x',
    'gopher://127.0.0.1/_x',
  ];
}

const REFUSALS = ['ENDPOINT_NOT_ALLOWED', 'DELIVERY_REQUEST_INVALID'];

const proxyEndpoints: Attempt = {
  what: 'delivery requests to other addresses, or to ones that look like Statsig',
  promise: 'ENDPOINT_NOT_ALLOWED, nothing is sent',
  run(rig) {
    const sent = () => rig.asked.filter(({ line }) => line.includes('log_event')).length;
    const before = sent();
    return unseen(
      rig,
      async () => {
        const answers: HostileAnswer[] = [];
        for (const endpoint of addresses(rig)) {
          for (const version of ['v0', 'v1']) {
            const metadata = version === 'v0' ? { jobId: 1 } : [{ jobId: 1 }];
            answers.push(
              await send(rig, {
                path: `/${version}/destinations/statsig/proxy`,
                body: deliveryRequest(endpoint, { metadata }),
              }),
            );
          }
        }
        return answers;
      },
      (answers) => sent() === before && answers.every(({ text }) => REFUSALS.some((code) => text.includes(code))),
    );
  },
};

const proxyParts: Attempt = {
  what: 'delivery requests to Statsig whose params, headers or method name another place',
  promise: NO_OTHER_HOST,
  run: (rig) =>
    unseen(rig, async () => {
      const host = rig.canaryUrl.slice('http://'.length);
      const endpoint = `${rig.statsigUrl}/v1/log_event`;
      const tricks = [
        { params: { '@': host, '/../../': rig.canaryUrl } },
        {
          headers: {
            host,
            Host: host,
            'X-Forwarded-Host': host,
            Forwarded: `host=${host}`,
            'Proxy-Authorization': 'x',
            ':authority': host,
          },
        },
        { headers: { 'X-A': 'a\r\nHost: evil' } },
        { method: 'GET' },
        { method: 'CONNECT' },
        { method: 'PATCH', endpoint: `${rig.statsigUrl}/console/v1/segments/../../x/id_list` },
        { method: 'PATCH', endpoint: `${rig.statsigUrl}/console/v1/segments/a%2f..%2fb/id_list` },
        { method: 'DELETE', endpoint: `${rig.statsigUrl}/console/v1/segments/abc` },
        { method: 'PATCH', endpoint: `${rig.canaryUrl}/console/v1/segments/abc/id_list` },
        { userId: host, files: { a: rig.canaryUrl }, url: rig.canaryUrl, uri: rig.canaryUrl },
      ];
      const answers: HostileAnswer[] = [];
      for (const trick of tricks)
        answers.push(
          await send(rig, { path: '/v1/destinations/statsig/proxy', body: deliveryRequest(endpoint, trick) }),
        );
      return answers;
    }),
};

function element(config: object, message: object = {}) {
  const event = { type: 'track', event: 'x', userId: 'u', ...message };
  return {
    message: event,
    metadata: { jobId: 1 },
    destination: { ID: 'd', WorkspaceID: 'w', Config: { secretKey: 'secret-example', ...config } },
  };
}

const configs: Attempt = {
  what: 'addresses in the Config of a destination, then delivery of what came out',
  promise: 'a Config may name an address, delivery refuses it',
  run: (rig) =>
    unseen(rig, async () => {
      const answers: HostileAnswer[] = [];
      for (const field of ['eventsUrl', 'apiUrl', 'consoleUrl']) {
        const config = { [field]: rig.canaryUrl, mode: field === 'apiUrl' ? 'webhook' : 'events' };
        const transformed = await send(rig, { path: '/v0/destinations/statsig', body: [element(config)] });
        const [first] = JSON.parse(transformed.text);
        answers.push(
          await send(rig, {
            path: '/v1/destinations/statsig/proxy',
            body: { ...first.output, metadata: [{ jobId: 1 }] },
          }),
        );
      }
      const job = { destType: 'statsig', jobId: '1', userAttributes: [{ userId: 'u' }] };
      for (const apiUrl of [
        rig.canaryUrl,
        `${rig.canaryUrl}/`,
        'https://statsigapi.net.evil.example',
        `http://x@${rig.canaryUrl.slice(7)}`,
      ])
        answers.push(
          await send(rig, { path: '/deleteUsers', body: [{ ...job, config: { secretKey: 'secret-acme', apiUrl } }] }),
        );
      return answers;
    }),
};

const templates: Attempt = {
  what: 'templates in a Config that let an event name the address or the key',
  promise: 'URL_TEMPLATED, SECRET_KEY_TEMPLATED',
  run: (rig) =>
    unseen(
      rig,
      async () => {
        const answers: HostileAnswer[] = [];
        for (const field of ['eventsUrl', 'apiUrl', 'consoleUrl', 'secretKey', 'consoleKey']) {
          for (const text of ['{{ message.context.url || https://a.example }}', ' {{event.context.url||x}} '])
            answers.push(
              await send(rig, {
                path: '/v0/destinations/statsig',
                body: [element({ [field]: text }, { context: { url: rig.canaryUrl } })],
              }),
            );
        }
        return answers;
      },
      (answers) => answers.every(({ text }) => text.includes('_TEMPLATED')),
    ),
};

const references: Attempt = {
  what: 'env: and file: references in a Config',
  promise: 'SECRET_REFERENCE_REFUSED; nothing of this machine is read',
  run: (rig) =>
    unseen(
      rig,
      async () => {
        const answers: HostileAnswer[] = [];
        for (const field of ['secretKey', 'consoleKey']) {
          for (const text of [
            'env:ADMIN_TOKEN',
            'file:/etc/passwd',
            'file:../settings/acme.json',
            '{{ message.x || env:ADMIN_TOKEN }}',
          ])
            answers.push(
              await send(rig, {
                path: '/routerTransform',
                body: { destType: 'statsig', input: [element({ [field]: text })] },
              }),
            );
        }
        return answers;
      },
      (answers) =>
        answers.every(({ text }) => /SECRET_REFERENCE_REFUSED/.test(text) && !/admin-example|root:/.test(text)),
    ),
};

const keysElsewhere: Attempt = {
  what: "a document's keys, asked for with an address in the Config of an event that names its destination or workspace",
  promise: 'KEY_ADDRESS_REFUSED; no answer holds a key of the document',
  async run(rig) {
    const answers: HostileAnswer[] = [];
    const message = { type: 'track', event: 'Visited', userId: 'user-42' };
    const audience = { type: 'audiencelist', properties: { listData: { add: [{ id: 'user-42' }] } } };
    for (const ids of [{ ID: 'dest-acme' }, { WorkspaceID: 'ws-acme' }])
      for (const [content, config] of [
        [message, { eventsUrl: rig.canaryUrl }],
        [message, { apiUrl: rig.canaryUrl, mode: 'webhook' }],
        [audience, { consoleUrl: rig.canaryUrl, idListId: 'vip_list' }],
        [message, { eventsUrl: `${rig.statsigUrl}@evil.example`, secretKey: '' }],
      ] as const) {
        const input = [{ message: content, metadata: { jobId: 1 }, destination: { ...ids, Config: config } }];
        answers.push(await send(rig, { path: '/v0/destinations/statsig', body: input }));
        answers.push(await send(rig, { path: '/routerTransform', body: { input, destType: 'statsig' } }));
      }
    const refused = answers.filter(
      ({ text }) => text.includes('KEY_ADDRESS_REFUSED') || text.includes('SETTINGS_INVALID'),
    );
    const told = answers.filter(({ text }) => /secret-acme|console-acme/.test(text)).length;
    return {
      seen: `${answers.length} answers, ${refused.length} refused, ${told} with a key`,
      held: told === 0 && refused.length === answers.length,
    };
  },
};

/** Addresses that no settings name. */
export const HOSTILE_ADDRESSES: AttemptGroup = {
  title: 'Addresses (SSRF)',
  options: { hasUpstream: true },
  attempts: [keysElsewhere, proxyEndpoints, proxyParts, configs, templates, references, ...REDIRECTS],
};
