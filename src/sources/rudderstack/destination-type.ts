// Knows our destination type in rudder-server's requests.

/** True for `statsig` in any case: rudder-server writes it in small letters in some places and in capitals in others. */
export function isStatsig(destinationType: unknown): boolean {
  return typeof destinationType === 'string' && destinationType.trim().toLowerCase() === 'statsig';
}
