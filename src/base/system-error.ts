// Says of an error what people and logs may know of it.

/** Stands for an error without a code. */
export const UNKNOWN_CODE = 'unknown';

/** The system's name for an error, such as `EACCES`; its message would repeat paths and URLs. `unknown` for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : UNKNOWN_CODE;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
