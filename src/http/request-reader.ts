// Reads the bodies of requests within the limits of the process.

import { decodeBody, parseJson } from './body.js';
import type { BytesInFlight, HeldBytes } from './in-flight.js';
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
   * Decompresses and parses the bytes; asked again, it gives the same value.
   *
   * @throws PluginError when they are no JSON; OVERLOADED, see `decodeBody` and `parseJson`
   */
  parse(): Promise<unknown>;
}

/** Reads bodies and keeps count of the bytes held. */
export interface RequestReader {
  /**
   * Reads the body and runs `use` on it; its bytes count as held until `use` is done.
   *
   * @throws PluginError OVERLOADED, BODY_TOO_LARGE, BODY_INCOMPLETE
   */
  withBody<T>(request: RequestStream, use: (body: ReadBody) => Promise<T>): Promise<T>;
}

class HeldBody implements ReadBody {
  readonly raw: Buffer;
  readonly #encoding: string | undefined;
  readonly #maxBytes: number;
  readonly #held: HeldBytes;
  #decoded: Promise<Buffer> | undefined;
  #parsed: Promise<unknown> | undefined;

  constructor(raw: Buffer, encoding: string | undefined, maxBytes: number, held: HeldBytes) {
    this.raw = raw;
    this.#encoding = encoding;
    this.#maxBytes = maxBytes;
    this.#held = held;
  }

  bytes(): Promise<Buffer> {
    this.#decoded ??= decodeBody(this.raw, this.#encoding, this.#maxBytes, this.#held);
    return this.#decoded;
  }

  parse(): Promise<unknown> {
    this.#parsed ??= this.bytes().then((bytes) => parseJson(bytes, this.#held));
    return this.#parsed;
  }
}

/** @param maxBytes of one body, before and after decompression */
export function createRequestReader(maxBytes: number, inFlight: BytesInFlight): RequestReader {
  return {
    async withBody(request, use) {
      const held = inFlight.admit(announcedLength(request, maxBytes) ?? 0);
      try {
        const raw = await readRawBody(request, maxBytes, held);
        return await use(new HeldBody(raw, request.headers['content-encoding'], maxBytes, held));
      } finally {
        held.release();
      }
    },
  };
}
