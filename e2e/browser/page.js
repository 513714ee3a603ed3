// Runs in the browser: loads Segment's SDK as the visit says, makes its calls and reports what the SDK knew of them.

const { load, options, calls, leave } = await (await fetch('/visit.json')).json();

const analytics = window.AnalyticsNext.AnalyticsBrowser.load(load, options);

const failures = [];
analytics.on('error', ({ reason }) => failures.push(String(reason?.message ?? reason)));

const messageIds = [];
for (const [method, ...args] of calls) {
  const context = await analytics[method](...args);
  messageIds.push(context.event.messageId);
}

// What a page has to say about itself and Segment's SDK adds to each event.
const page = {
  url: location.href,
  path: location.pathname,
  title: document.title,
  userAgent: navigator.userAgent,
  locale: navigator.language,
};
await fetch('/report', { method: 'POST', body: JSON.stringify({ messageIds, failures, page }) });

if (leave) location.assign('/left');
