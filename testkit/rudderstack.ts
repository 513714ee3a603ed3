// Makes batch elements and delivery requests as rudder-server sends them.

/** A batch element of a track event, with parts replaced. */
export function element(
  jobId: number,
  parts: { message?: object; metadata?: object; destination?: object } = {},
): object {
  return {
    message: {
      type: 'track',
      event: 'Order Completed',
      userId: `user-${jobId % 7}`,
      messageId: `msg-${jobId}`,
      ...parts.message,
    },
    metadata: { jobId, destinationId: 'dst-1', workspaceId: 'ws-1', sourceId: 'src-1', ...parts.metadata },
    destination: parts.destination ?? { ID: 'dst-1', WorkspaceID: 'ws-1', Config: { secretKey: 'secret-example' } },
  };
}

/** `count` elements of all four convertible types, of many users. */
export function mixedElements(count: number, firstJobId = 1): object[] {
  return Array.from({ length: count }, (_, i) => {
    const jobId = firstJobId + i;
    const message = [
      { type: 'track', event: 'Order Completed', properties: { revenue: i } },
      { type: 'page', name: 'Pricing', properties: { url: 'https://shop.example/pricing' } },
      { type: 'screen', name: 'Checkout' },
      { type: 'group', groupId: `company-${i % 5}`, traits: { plan: 'pro' } },
    ][i % 4];
    return element(jobId, message === undefined ? {} : { message });
  });
}
