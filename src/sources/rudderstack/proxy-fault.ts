// Words what is wrong with a call for delivery as rudder-server reads it: without `output` it logs a warning for each call, and without a job's entry it knows nothing of the job.

import type { PluginError } from '../../base/errors.js';
import type { ErrorText } from '../../http/error-text.js';
import type { ReadBody } from '../../http/request-reader.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { ProxyVersion } from './proxy-request.js';
import { echoMetadata, statTags } from './respond.js';

function tagsOf({ retryable }: PluginError, job: JsonObject | undefined): string {
  const category = retryable ? 'platform' : 'dataValidation';
  return JSON.stringify(statTags('dataDelivery', category, retryable ? 'retryable' : 'aborted', job));
}

/**
 * The words for a fault of a call. In v0 its HTTP status is that of all jobs; in v1 each has its own, and is tried again where it has none.
 *
 * @param jobs metadata of those that are known
 */
export function proxyErrorText(version: ProxyVersion, jobs: readonly JsonObject[] = []): ErrorText {
  return (error) => {
    const { status, code } = error;
    const message = JSON.stringify(error.message);
    const tags = `"statTags":${tagsOf(error, jobs[0])}`;
    if (version === 'v0')
      return `{"output":{"status":${status},"message":${message},"destinationResponse":${JSON.stringify({ response: code, status })},${tags}}}`;
    const entries = jobs.map(
      (metadata) => `{"statusCode":${status},"metadata":${echoMetadata({ metadata })},"error":${message}}`,
    );
    return `{"output":{"message":${message},"response":[${entries.join(',')}],${tags}}}`;
  };
}

/** The jobs of a call, as far as its body can be read. */
export async function jobsIn(body: ReadBody): Promise<readonly JsonObject[]> {
  const parsed = await body.parse().catch(() => undefined);
  const { metadata } = isJsonObject(parsed) ? parsed : {};
  return [metadata].flat().filter(isJsonObject);
}
