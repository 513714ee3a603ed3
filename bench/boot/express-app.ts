// What every Express app takes to start: one route, nothing else.

import express from 'express';

const app = express();
app.get('/health', (_request, response) => {
  response.send('ok');
});
app.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
