// Addresses that come from elsewhere: fields of events, redirects of those whom we call.

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { prove } from '../fuzz/workspaces.js';
import type { Attempt } from './attempt.js';
import { deliveryRequest, NO_OTHER_HOST, unseen } from './canary.js';
import { insiderHeaders, SEGMENT_PATH } from './insider.js';
import { type HostileAnswer, send } from './request.js';

const fields: Attempt = {
  what: 'addresses in every field of events and webhooks that could name one',
  promise: NO_OTHER_HOST,
  run: (rig) =>
    unseen(rig, async () => {
      const url = rig.canaryUrl;
      const context = { page: { url, referrer: url }, campaign: { source: url }, library: { name: url }, webhook: url };
      const event = {
        type: 'track',
        event: url,
        userId: url,
        properties: { url, endpoint: url, href: url },
        context,
        writeKey: 'write-acme',
      };
      const source = { ID: url, WriteKey: url, Config: { url, endpoint: url }, SourceDefinition: { Name: url } };
      const webhook = Buffer.from(JSON.stringify([{ eventName: url, userID: url, metadata: { url } }]));
      const signed = Object.fromEntries(prove('statsig', 'right', webhook));
      return [
        await send(rig, { path: '/v1/track', body: event, headers: { Origin: url, Referer: url } }),
        await send(rig, {
          path: SEGMENT_PATH,
          body: event,
          headers: { ...insiderHeaders(SEGMENT_PATH, webhook), 'X-Segment-Settings': JSON.stringify({ url }) },
        }),
        await send(rig, { path: '/statsig/acme', body: webhook, headers: signed }),
        await send(rig, {
          path: '/v2/sources/statsig',
          body: [{ request: { body: webhook.toString(), url, headers: { Host: [url] } }, source }],
        }),
        await send(rig, {
          path: '/segment/headed/audiences/create',
          body: { audienceName: url, secret: 'header-headed', webhookUrl: url },
        }),
      ];
    }),
};

function redirect(status: number, location: string) {
  return (_request: unknown, response: ServerResponse) =>
    response.writeHead(status, { location, 'content-type': 'application/json' }).end('{"success":true}');
}

const redirects: Attempt = {
  what: 'Statsig, its console and Segment answer with redirects to another host',
  promise: 'not followed: the keys stay here',
  mayLog: true,
  run: (rig) =>
    unseen(rig, async () => {
      const answers: HostileAnswer[] = [];
      const body = Buffer.from(JSON.stringify([{ eventName: 'x', userID: 'u' }]));
      for (const status of [301, 302, 303, 307, 308, 300]) {
        rig.answerWith(redirect(status, `${rig.canaryUrl}/v1/log_event`));
        answers.push(
          await send(rig, {
            path: '/v1/destinations/statsig/proxy',
            body: deliveryRequest(`${rig.statsigUrl}/v1/log_event`, { headers: { 'STATSIG-API-KEY': 'secret-acme' } }),
          }),
        );
        const config = { secretKey: 'secret-acme' };
        answers.push(
          await send(rig, {
            path: '/deleteUsers',
            body: [{ destType: 'statsig', jobId: `r${status}`, config, userAttributes: [{ userId: `u${status}` }] }],
          }),
        );
        answers.push(
          await send(rig, {
            path: '/segment/headed/audiences/get',
            body: { externalId: 'abc', secret: 'header-headed' },
          }),
        );
      }
      answers.push(await send(rig, { path: '/v1/track', body: { writeKey: 'write-acme', event: 'x', userId: 'u' } }));
      answers.push(
        await send(rig, { path: '/statsig/acme', body, headers: Object.fromEntries(prove('statsig', 'right', body)) }),
      );
      // Deliveries from disk follow on their own.
      await sleep(1_500);
      rig.answerWith(undefined);
      return answers;
    }),
};

const features: Attempt = {
  what: 'the transformer behind us answers with redirects to another host',
  promise: 'passed on or ignored, not followed',
  run: (rig) =>
    unseen(rig, async () => {
      rig.answerWith(redirect(302, `${rig.canaryUrl}/features`));
      const answers = [
        await send(rig, { method: 'GET', path: '/features' }),
        await send(rig, { path: '/v0/destinations/braze', body: [] }),
      ];
      rig.answerWith(undefined);
      return answers;
    }),
};

/** All of them. */
export const REDIRECTS: readonly Attempt[] = [fields, redirects, features];
