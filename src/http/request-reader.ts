// Reads the bodies of requests within the limits of the process.

import { decodeBody, parseJson, type RequestStream, readRawBody } from './body.js';
import type { BytesInFlight } from './in-flight.js';

/** A body that has been read. */
export interface ReadBody {
  /** The bytes as they came, still in their Content-Encoding. */
  readonly raw: Buffer;
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
        const parse = async (): Promise<unknown> => {
          const decoded = await decodeBody(raw, request.headers['content-encoding'], maxBytes);
          if (decoded !== raw) reservation.add(decoded.length);
          return parseJson(decoded);
        };
        let parsed: Promise<unknown> | undefined;
        return await use({
          raw,
          parse() {
            parsed ??= parse();
            return parsed;
          },
        });
      } finally {
        reservation.release();
      }
    },
  };
}
