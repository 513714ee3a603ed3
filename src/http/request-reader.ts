// Reads the bodies of requests within the limits of the process.

import { decodeBody, parseJson, type RequestStream, readRawBody } from './body.js';
import type { BytesInFlight } from './in-flight.js';

/** A body that has been read. */
export interface ReadBody {
  /** The bytes as they came, still in their Content-Encoding. */
  readonly raw: Buffer;
  /**
   * The bytes without their Content-Encoding; asked again, it gives the same ones.
   *
   * @throws PluginError see `decodeBody`
   */
  bytes(): Promise<Buffer>;
  /**
   * Decompresses and parses the bytes; asked again, it gives the same value.
   *
   * @throws PluginError when they are no JSON; see `decodeBody` and `parseJson`
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

/** @param maxBytes of one body, before and after decompression */
export function createRequestReader(maxBytes: number, inFlight: BytesInFlight): RequestReader {
  return {
    async withBody(request, use) {
      const announced = Number(request.headers['content-length'] ?? 0);
      const reservation = inFlight.reserve(announced);
      try {
        const raw = await readRawBody(request, maxBytes);
        reservation.add(raw.length - announced);
        const decode = async (): Promise<Buffer> => {
          const decoded = await decodeBody(raw, request.headers['content-encoding'], maxBytes);
          if (decoded !== raw) reservation.add(decoded.length);
          return decoded;
        };
        let decoded: Promise<Buffer> | undefined;
        let parsed: Promise<unknown> | undefined;
        const body: ReadBody = {
          raw,
          bytes() {
            decoded ??= decode();
            return decoded;
          },
          parse() {
            parsed ??= body.bytes().then(parseJson);
            return parsed;
          },
        };
        return await use(body);
      } finally {
        reservation.release();
      }
    },
  };
}
