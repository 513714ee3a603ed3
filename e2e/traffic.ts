// Makes the events that the scenarios post.

/** An event as a source sends it. */
export interface SourceEvent {
  readonly type: string;
  readonly messageId: string;
  readonly userId: string;
  readonly [field: string]: unknown;
}

/**
 * Track events of several users in turn. Each carries its number within its user in `properties.sequence`, counted from 1, so that losses,
 * repetitions and disorder show at the other end.
 */
export function sequences(users: number, perUser: number, event = 'Step'): SourceEvent[] {
  const events: SourceEvent[] = [];
  for (let sequence = 1; sequence <= perUser; sequence += 1) {
    for (let user = 1; user <= users; user += 1) {
      const userId = `user-${user}`;
      events.push({ type: 'track', event, userId, messageId: `${userId}/${sequence}`, properties: { sequence } });
    }
  }
  return events;
}
