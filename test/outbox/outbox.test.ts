// Outboxes keep their contract, whatever they are made of.

import { openOnDisk, outboxDirectory } from '../../testkit/outbox.js';
import { testOutboxContract } from '../../testkit/outbox-contract.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';

testOutboxContract('the outbox in memory', async (_context, limits) => new MemoryOutbox(limits));

testOutboxContract('the outbox on disk', (context, limits) => openOnDisk(context, outboxDirectory(context), limits));
