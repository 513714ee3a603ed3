// A program that makes one call and prints what came of it: the kind, the status or the reason.

import { callHttp } from '../src/call/http-call.js';

const [url = '', timeoutMs = ''] = process.argv.slice(2);
const answer = await callHttp({ method: 'POST', url, headers: {}, body: '{}' }, { timeoutMs: Number(timeoutMs) });
console.log(answer.kind === 'answered' ? `answered ${answer.status} ${answer.body}` : `unanswered ${answer.reason}`);
