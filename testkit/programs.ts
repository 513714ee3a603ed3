// What `npm run build` made to be run: the process and the command, as the package has them.

const program = (name: string) => new URL(`../bundle/${name}`, import.meta.url).pathname;

/** The process. */
export const MAIN = program('main.js');

/** The command line. */
export const CLI = program('cli.js');
