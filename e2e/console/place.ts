// Names and secrets of the rig. None of them is one: nothing outside knows them.

/** The one workspace, and who may send to it. */
export const PLACE = {
  workspace: 'shop',
  writeKey: 'shop-write-key',
  headerSecret: 'shop-header-secret',
  signingSecret: 'shop-signing-secret',
  secretKey: 'secret-shop',
  wrongKey: 'secret-wrong',
  consoleKey: 'console-shop',
  audience: 'vip_customers',
  adminToken: 'admin-token-of-the-rig-0001',
  readToken: 'read-token-of-the-rig-00001',
} as const;
