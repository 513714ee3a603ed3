// The colours that mean something.

/** How something stands. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';
