// Reads the bodies of requests within the limits of the process.

import type { ServerResponse } from 'node:http';
import { PluginError } from '../base/errors.js';
import { decodeBody, JsonBytes } from './body.js';
import { type BodyLimit, lowerLimit } from './body-limit.js';
import type { ByteBudget, BytesInFlight, HeapBudget, HeldBytes } from './in-flight.js';
import { announcedLength, type RequestStream, readRawBody } from './raw-body.js';

/** A body that has been read. */
export interface ReadBody {
  /** The bytes as they came, still in their Content-Encoding. */
  readonly raw: Buffer;
  /**
   * The bytes without their Content-Encoding; asked again, it gives the same ones.
   *
   * @throws PluginError OVERLOADED, see `decodeBody`
   */
  bytes(): Promise<Buffer>;
  /**
   * The bytes for anyone who parses them piece by piece; asked again, it gives the same ones.
   *
   * @throws PluginError OVERLOADED, BODY_TOO_MANY_VALUES, see `decodeBody` and `JsonBytes`
   */
  json(): Promise<JsonBytes>;
  /**
   * Decompresses and parses the bytes. The value is not kept here: it is several times as large as the bytes, and those who have it wait for the disk.
   *
   * @throws PluginError when they are no JSON, and as `json`
   */
  parse(): Promise<unknown>;
  /** For JSON that stands within the body, as a string: see `usePart`. */
  readonly heap: HeapBudget;
  /**
   * Takes account of the bytes of the answer, which count as held until the response is closed: few bytes can ask for many.
   *
   * @throws PluginError ANSWER_TOO_LARGE, OVERLOADED when bytes are added
   */
  answerTo(response: ServerResponse): ByteBudget;
}

/** Reads bodies and keeps count of the bytes held. */
export interface RequestReader {
  /**
   * Reads the body and runs `use` on it; its bytes, and the heap for what is parsed of them, count as held until `use` is done.
   *
   * @param lower of this body, where that is less than the reader's limit: for a sender that has proven nothing yet
   * @throws PluginError OVERLOADED, BODY_TOO_LARGE, BODY_INCOMPLETE
   */
  withBody<T>(request: RequestStream, use: (body: ReadBody) => Promise<T>, lower?: BodyLimit): Promise<T>;
}

class HeldBody implements ReadBody {
  readonly raw: Buffer;
  readonly #encoding: string | undefined;
  readonly #limit: BodyLimit;
  readonly #held: HeldBytes;
  readonly #maxResponseBytes: number;
  #response: ServerResponse | undefined;
  #answerBytes = 0;
  #decoded: Promise<Buffer> | undefined;
  #json: Promise<JsonBytes> | undefined;

  constructor(raw: Buffer, encoding: string | undefined, limit: BodyLimit, held: HeldBytes) {
    this.raw = raw;
    this.#encoding = encoding;
    this.#limit = limit;
    this.#maxResponseBytes = Math.max(limit.bytes, LEAST_MAX_ANSWER_BYTES);
    this.#held = held;
  }

  bytes(): Promise<Buffer> {
    this.#decoded ??= decodeBody(this.raw, this.#encoding, this.#limit, this.#held);
    return this.#decoded;
  }

  json(): Promise<JsonBytes> {
    this.#json ??= this.#readJson();
    return this.#json;
  }

  async #readJson(): Promise<JsonBytes> {
    const bytes = await this.bytes();
    return JsonBytes.uncounted(bytes, this.heap) ?? JsonBytes.inSlices(bytes, this.heap);
  }

  parse(): Promise<unknown> {
    return this.json().then((json) => json.parse());
  }

  get heap(): HeapBudget {
    return this.#held.heap;
  }

  answerTo(response: ServerResponse): ByteBudget {
    this.#response = response;
    return {
      add: (bytes) => {
        this.#answerBytes += bytes;
        if (this.#answerBytes > this.#maxResponseBytes)
          throw new PluginError('ANSWER_TOO_LARGE', `limit ${this.#maxResponseBytes} bytes`);
        this.#held.addToResponse(bytes);
      },
    };
  }

  /** Gives back what the answer takes, once the other side has it. */
  releaseResponse(): void {
    const isSent = this.#response === undefined || this.#response.closed || this.#answerBytes <= SOON_SENT_BYTES;
    if (isSent) this.#held.releaseResponse();
    else this.#response?.once('close', () => this.#held.releaseResponse());
  }
}

/** An answer of so many bytes finds room in the buffers of its connection: nothing waits for its end, which costs more than the rest of the account. */
const SOON_SENT_BYTES = 16 * 1024;

/** An answer may have as many bytes as a body, and so many that the entries of the shortest elements always find room. */
const LEAST_MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * @param maxBytes of one body, before and after decompression, and of one answer, which may always have 64 MB
 * @param raisedBy as in `BodyLimit`
 */
export function createRequestReader(
  maxBytes: number,
  inFlight: BytesInFlight,
  raisedBy = 'MAX_BODY_BYTES raises it',
): RequestReader {
  const most: BodyLimit = { bytes: maxBytes, raisedBy };
  return {
    async withBody(request, use, lower = most) {
      const limit = lowerLimit(most, lower);
      const held = inFlight.admit(announcedLength(request, limit) ?? 0);
      try {
        const raw = await readRawBody(request, limit, held);
        const body = new HeldBody(raw, request.headers['content-encoding'], limit, held);
        try {
          return await use(body);
        } finally {
          body.releaseResponse();
        }
      } finally {
        held.release();
      }
    },
  };
}
