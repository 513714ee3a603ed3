// Outboxes keep their contract, whatever they are made of.

import { openOnDisk, outboxDirectory } from './support/outbox.js';
import { testOutboxContract } from './support/outbox-contract.js';
import { memoryOutbox } from './support/outbox-memory.js';

testOutboxContract('the outbox in memory', async (_context, limits) => memoryOutbox(limits));

testOutboxContract('the outbox on disk', (context, limits) => openOnDisk(context, outboxDirectory(context), limits));
