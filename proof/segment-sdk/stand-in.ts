// Twenty lines that send what Segment takes, without Segment's SDK: in its place they must fail the tests that look at the SDK.

interface Settings {
  readonly writeKey: string;
  readonly host: string;
  readonly path: string;
  readonly httpClient: { makeRequest(request: object): Promise<unknown> };
}

export class Analytics {
  #batch: object[] = [];
  readonly settings: Settings;
  constructor(settings: Settings) {
    this.settings = settings;
    new URL(settings.host);
  }
  on(): void {}
  track(call: { event: unknown; userId?: unknown; anonymousId?: unknown; properties: unknown; context: object }): void {
    if (typeof call.event !== 'string') throw new Error('.event is not a string');
    if (typeof (call.userId ?? call.anonymousId) !== 'string') throw new Error('.userId is nil');
    if (Array.isArray(call.properties)) throw new Error('.properties is not an object');
    this.#batch.push({ ...call, type: 'track', _metadata: { nodeVersion: process.version, jsRuntime: 'node' } });
  }
  async flush(): Promise<void> {
    const { writeKey, host, path, httpClient } = this.settings;
    const batch = this.#batch.splice(0);
    const headers = { 'Content-Type': 'application/json', Authorization: `Basic ${btoa(`${writeKey}:`)}` };
    const body = JSON.stringify({ batch, writeKey, sentAt: new Date() });
    if (batch.length > 0) await httpClient.makeRequest({ url: host + path, headers, body }).catch(() => {});
  }
  closeAndFlush(): Promise<void> {
    return this.flush();
  }
}
