// /openapi.json: the description of all routes. It is the same for everybody, and holds nothing of the process.

import { readFile } from 'node:fs/promises';
import type { RouteCode } from '../../http/route.js';
import { sendJsonBytes } from '../../http/send-response.js';
import type { OperatorAccess } from '../access/operator-access.js';

/** Read when somebody asks first; what could not be read is tried again. */
export function createOpenApiRoutes(
  access: Pick<OperatorAccess, 'assertHost'>,
): Readonly<Record<'openapi', RouteCode>> {
  let reading: Promise<Buffer> | undefined;
  const read = () => {
    reading ??= readFile(new URL(import.meta.resolve('statsig-cdp/openapi.json'))).catch((error) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
  return {
    openapi: {
      async handle(request, response) {
        access.assertHost(request);
        sendJsonBytes(response, 200, [await read()]);
      },
    },
  };
}
