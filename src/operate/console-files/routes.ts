// /console: the page for operators. It holds nothing of this process; what it shows it asks /api for.

import { PluginError } from '../../base/errors.js';
import { pathOf } from '../../http/address.js';
import type { RouteCode, RouteHandler } from '../../http/route.js';
import type { OperatorAccess } from '../access/operator-access.js';
import { type ConsoleFiles, PAGE, readConsoleFiles } from './files.js';
import { contentPolicyOf, setConsoleHeaders } from './headers.js';

const AT = '/console';

/** The files and the policy that goes with them. */
interface Console {
  readonly files: ConsoleFiles;
  readonly policy: string;
}

/** Read when somebody asks first: a process that nobody looks at does not pay for it. What could not be read is tried again. */
function createReader(): () => Promise<Console> {
  let reading: Promise<Console> | undefined;
  const read = async () => {
    const files = await readConsoleFiles();
    return { files, policy: contentPolicyOf(files.get(PAGE)?.bytes.toString() ?? '') };
  };
  return () => {
    reading ??= read().catch((error) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}

/** True where the other side has this very file; the tag of a proxy that compresses is weak. */
function isKnown(etag: string, given: string | undefined): boolean {
  return (given ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
}

/** The page, and the files that it loads. Anybody who reaches the port may read them, because they are the same everywhere. */
export function createConsoleRoutes(
  access: Pick<OperatorAccess, 'assertHost'>,
): Readonly<Record<'console' | 'consoleFile' | 'consoleFolderFile' | 'consoleSubfolderFile', RouteCode>> {
  const readOnce = createReader();

  const handle: RouteHandler = async (request, response) => {
    access.assertHost(request);
    const path = pathOf(request);
    if (path === AT) {
      // The page names its files relative to itself, so that a proxy may put it below any path.
      response.writeHead(308, { Location: 'console/', 'Content-Length': 0 }).end();
      return;
    }
    const { files, policy } = await readOnce();
    const name = path.slice(AT.length + 1);
    const file = files.get(name === '' ? PAGE : name);
    if (file === undefined) throw new PluginError('FILE_UNKNOWN');
    setConsoleHeaders(response, policy);
    response.setHeader('ETag', file.etag);
    if (isKnown(file.etag, request.headers['if-none-match'])) {
      response.writeHead(304).end();
      return;
    }
    response.setHeader('Content-Type', file.contentType);
    response.setHeader('Content-Length', file.bytes.length);
    response.end(file.bytes);
  };
  return {
    console: { handle },
    consoleFile: { handle, params: ['file'] },
    consoleFolderFile: { handle, params: ['folder', 'file'] },
    consoleSubfolderFile: { handle, params: ['folder', 'subfolder', 'file'] },
  };
}
