// The browser that the console is driven in.

/** Where it is. */
export const CHROMIUM = process.env.CHROMIUM_PATH?.trim() || '/usr/bin/chromium';

/** Names other than this machine's do not resolve in it: nothing it does leaves the machine. Its sandbox does not work for root. */
export const launchOptions = (): { readonly args: string[] } => ({
  args: [
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--lang=en-US',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
});
