// The process: serves.

import { serve } from './serve.js';

await serve();
