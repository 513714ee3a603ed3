"""Sends events with Segment's or RudderStack's Python SDK, as its standard input says, and tells what the SDK reports of each.

Arguments: the SDK, then the address and the write key, or `version`. Input: `event ID BYTES`, `call METHOD JSON` and `flush`, one a line. Output: `sent ID`, `failed ID REASON`.
"""

import json
import logging
import re
import sys
import threading
import time
from importlib.metadata import version

PACKAGES = {'segment': 'segment-analytics-python', 'rudderstack': 'rudder-sdk-python'}
ID = re.compile(r"'id': '([^']+)'")

# Seconds for what is retried.
PATIENCE = 90

lock = threading.Lock()
failed = set()


def fail(event_id, reason):
    with lock:
        failed.add(event_id)
        print('failed', event_id, ' '.join(str(reason).split())[:200], flush=True)


def on_error(error, batch):
    for item in batch:
        fail(item.get('properties', {}).get('id'), error)


def snake(name):
    return re.sub('([A-Z])', lambda found: '_' + found.group(1).lower(), name)


class Dropped(logging.Handler):
    """An event that is too large is told to the log alone."""

    count = 0

    def emit(self, record):
        text = record.getMessage()
        found = ID.search(text)
        if found and 'exceeds' in text[:40]:
            self.count += 1
            fail(found.group(1), text[:40])


def main(sdk, url, write_key):
    if sdk == 'segment':
        from segment.analytics.client import Client
    else:
        from rudderstack.analytics.client import Client
    dropped = Dropped()
    logging.getLogger(sdk).addHandler(dropped)
    logging.getLogger(sdk).propagate = False
    client = Client(write_key, host=url, on_error=on_error)
    given = []
    for line in sys.stdin:
        word, *rest = line.split()
        if word == 'call':
            arguments = json.loads(line.split(' ', 2)[2])
            getattr(client, rest[0])(**{snake(name): value for name, value in arguments.items()})
        if word != 'event':
            continue
        event_id, size = rest[0], int(rest[1])
        given.append(event_id)
        try:
            client.track(user_id=event_id.split('/')[0], event='Größe gewählt', message_id=event_id,
                         properties={'id': event_id, 'filling': 'ä' * (size // 2)})
        except RuntimeError as error:
            # Segment's raises when an event is too large, with the event in the error; only the sentence is told.
            fail(event_id, error.args[0] % (*error.args[1:-1], '…') if len(error.args) > 1 else error)
    # `flush` never returns where an event was dropped: nothing tells the queue that it is done with.
    end = time.monotonic() + PATIENCE
    while client.queue.unfinished_tasks > dropped.count and time.monotonic() < end:
        time.sleep(0.1)
    is_done = client.queue.unfinished_tasks <= dropped.count
    client.join()
    for event_id in given:
        if event_id in failed:
            continue
        if is_done:
            print('sent', event_id, flush=True)
        else:
            fail(event_id, 'never reported')


if sys.argv[2] == 'version':
    print(version(PACKAGES[sys.argv[1]]))
else:
    main(*sys.argv[1:])
