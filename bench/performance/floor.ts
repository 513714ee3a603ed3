// The floor of the speed benchmark: an Express handler that only parses the body, maps each event to an object of 55 bytes and writes it. On PORT.

import { createServer } from 'node:http';
import express, { type Request, type Response } from 'express';

/** As much of a batch element as the floor reads. */
interface Element {
  readonly metadata: { readonly jobId: number };
}

/** 55 bytes of JSON with a job id of twelve digits. */
function map({ metadata }: Element): object {
  return { jobId: metadata.jobId, statusCode: 200, output: 'kept' };
}

function answer(response: Response, content: object): void {
  const bytes = Buffer.from(JSON.stringify(content));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}

const handler = express();
handler.disable('x-powered-by');
handler.disable('etag');
handler.use(express.json({ limit: '200mb' }));
handler.post('/v0/destinations/statsig', ({ body }: Request<object, object, Element[]>, response) =>
  answer(response, body.map(map)),
);
handler.post('/routerTransform', ({ body }: Request<object, object, { readonly input: Element[] }>, response) =>
  answer(response, { output: body.input.map(map) }),
);
createServer(handler).listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ level: 30, port: Number(process.env.PORT) }));
});
