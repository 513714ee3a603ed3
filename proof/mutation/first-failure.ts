// A reporter for Node's test runner that ends the process at the first test that fails: one is enough.

/** As much of an event of the runner as is read. */
interface RunnerEvent {
  readonly type: string;
}

export default async function* endAtFirstFailure(events: AsyncIterable<RunnerEvent>): AsyncGenerator<string> {
  for await (const { type } of events) {
    if (type === 'test:fail') process.exit(1);
    yield '';
  }
}
