// Reads the batch of a transform request: cut out of the bytes, where they are written as rudder-server does, else parsed whole.

import type { ReadBody } from '../../http/request-reader.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { type Batch, unpackProcessorBody, unpackRouterBody } from './batch.js';
import { CutFault, cutArray, cutInput } from './cut-batch.js';

/** Makes something of the batch; it may be asked again, and then what it made before is nothing. */
type Use<T> = (batch: Batch) => Promise<T>;

async function useFirst<T>(cut: Batch | undefined, whole: () => Promise<Batch>, use: Use<T>): Promise<T> {
  if (cut !== undefined) {
    try {
      return await use(cut);
    } catch (error) {
      if (!(error instanceof CutFault)) throw error;
    }
  }
  return use(await whole());
}

/**
 * Runs `use` on the batch of a processor transform request.
 *
 * @param compacted whether the request's header says that the body is compacted
 * @throws PluginError when the body cannot be read (see `ReadBody`) or is no batch (see `unpackProcessorBody`)
 */
export async function withProcessorBatch<T>(body: ReadBody, compacted: boolean, use: Use<T>): Promise<T> {
  const json = await body.json();
  const cut = compacted ? cutInput(json, 'destinations', true) : cutArray(json);
  return useFirst(cut?.elements, async () => unpackProcessorBody(await body.parse(), compacted, json.bytes), use);
}

/** The body of a router or batch transform request. */
export interface RouterBody {
  /** What the body says; of any type. */
  readonly destType: unknown;
  /**
   * Runs `use` on its batch.
   *
   * @throws PluginError when it has none (see `unpackRouterBody`)
   */
  withBatch<T>(use: Use<T>): Promise<T>;
}

/**
 * Reads the body of a router or batch transform request.
 *
 * @param compacted whether the request's header says that the body is compacted
 * @throws PluginError when it cannot be read (see `ReadBody`)
 */
export async function readRouterBody(body: ReadBody, compacted: boolean): Promise<RouterBody> {
  const json = await body.json();
  const cut = cutInput(json, 'destType', compacted);
  const whole = async () => unpackRouterBody(await parseObject(body), compacted, json.bytes);
  const parsed = cut?.fields ?? (await parseObject(body));
  return {
    destType: parsed.destType,
    withBatch: (use) => useFirst(cut?.elements, whole, use),
  };
}

async function parseObject(body: ReadBody): Promise<JsonObject> {
  const parsed = await body.parse();
  return isJsonObject(parsed) ? parsed : {};
}
