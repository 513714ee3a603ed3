// What is told of a broken manifest.

/** One fault of a manifest. */
export interface ManifestFault {
  /** From the top of manifest.json, joined with dots: `settings.properties.mode.title`. Empty for the file as a whole. */
  readonly path: string;
  readonly problem: string;
  readonly fix: string;
}

/** The manifest is broken, so nothing can start. The message names the path, the problem and the fix. */
export class ManifestError extends Error {
  readonly path: string;

  constructor({ path, problem, fix }: ManifestFault) {
    super(`manifest.json${path === '' ? '' : `, ${path}`}: ${problem} ${fix}`);
    this.name = 'ManifestError';
    this.path = path;
  }
}
