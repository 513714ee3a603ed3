// Names errors of the operating system.

/** The system's name for an error, such as `EACCES`; its message would repeat paths and URLs. `unknown` for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
