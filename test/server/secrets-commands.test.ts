// The commands of the CLI print no key of what they read and no token that they are given. All of them are run by proof/short/secrets.test.ts.

import { test } from 'node:test';
import { assertCommandsKeepSecrets } from '../../testkit/secret-commands.js';

test('commands repeat nothing of the keys in their input and of the token they are given', (context) =>
  assertCommandsKeepSecrets(context, 6));
