// What operators' routes answer that is no JSON, and that no one has to sign in for.

/** The routes that answer files and text. */
export interface OperationsProtocol {
  /** The page for operators. It holds nothing of the process; what it shows it asks /api for. `/console` leads to `/console/`. */
  readonly console: { security: 'none'; text: 'text/html'; errors: 'HOST_REFUSED' | 'FILE_UNKNOWN' };
  /** A script, a style sheet or a picture of the page. */
  readonly consoleFile: { security: 'none'; text: 'text/javascript'; errors: 'HOST_REFUSED' | 'FILE_UNKNOWN' };
  /** A script or a style sheet of the page, in a folder. */
  readonly consoleFolderFile: { security: 'none'; text: 'text/javascript'; errors: 'HOST_REFUSED' | 'FILE_UNKNOWN' };
  /** A script or a style sheet of the page, in a folder of a folder. */
  readonly consoleSubfolderFile: { security: 'none'; text: 'text/javascript'; errors: 'HOST_REFUSED' | 'FILE_UNKNOWN' };
  /**
   * Where Segment sends a person back who was asked for consent, with `state` and `code` or `error`. It leads to the page without them. What lets somebody in is the `state`, which the one who has begun it alone
   * knows: browsers send no session with what another site leads to.
   */
  readonly connectConsent: { security: 'none'; text: 'text/plain'; errors: 'HOST_REFUSED' };
  /** This description (OpenAPI 3.1) of all routes. */
  readonly openapi: { security: 'none'; answer: object; errors: 'HOST_REFUSED' };
  /** Metrics in the text format of Prometheus. */
  readonly metrics: { security: 'none'; text: 'text/plain' };
  /** The version of this package. */
  readonly version: { security: 'none'; text: 'text/plain' };
}
