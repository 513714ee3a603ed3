// Ends with npm: a signal to `npm start` or `npx statsig-cdp` ends npm and its shell alone, and the process would go on without them.

/** How often it is looked whether npm's shell is still there, in milliseconds. */
const LOOK_MS = 500;

/** Under npm, gives this process the SIGTERM that npm got, once its parent is gone. Elsewhere it does nothing. */
export function endWithNpm(): void {
  if (process.env.npm_command === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS).unref();
}
