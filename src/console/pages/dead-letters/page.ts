// What was given up: by target, reason and status; each event; and how to send it again, or forget it.

import { html } from 'htm/preact';
import { useMemo, useState } from 'preact/hooks';
import type {
  DeadLetterGroup,
  DeadLetterGroups,
  DeadLetterLine,
  DeadLettersDeed,
} from '../../../operate/dead-letters/shapes.js';
import { withQuery } from '../../api.js';
import { Button, Confirm, Empty, formatCount, Heading, Loading, Notice } from '../../components/index.js';
import { Prose } from '../../components/prose.js';
import { useLoad } from '../../load.js';
import { notify, notifyError } from '../../notices.js';
import type { PageProps } from '../../pages.js';
import { navigate, pageHref } from '../../router.js';
import { useCanWrite } from '../../session.js';
import { changeLetters, type Verb } from './api.js';
import { type Filter, isEmpty, isOneGroup, ofGroup, readFilter, toAsked } from './filter.js';
import { FilterBar } from './filter-bar.js';
import { Groups } from './groups.js';
import { LetterDrawer } from './letter-drawer.js';
import { Letters } from './letters.js';
import { Progress } from './progress.js';

const LOOK_MS = 10_000;

/** A deed that is asked about. */
interface Asked {
  readonly verb: Verb;
  readonly meant: DeadLettersDeed;
  /** For the reader: `3 events`. */
  readonly count: string;
}

const DEEDS = { redeliver: 'Redeliver', drop: 'Drop' } as const satisfies Record<Verb, string>;

const NO_KEYS: ReadonlySet<string> = new Set();
const show = (filter: Filter) => navigate('dead-letters', { ...filter });
const eventsOf = (count: number) => `${formatCount(count)} ${count === 1 ? 'event' : 'events'}`;

/** Runs a deed and tells what came of it. */
function useDeed(onDone: () => void) {
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(0);
  const [redelivery, setRedelivery] = useState<string | undefined>(undefined);
  async function run({ verb, meant }: Asked): Promise<void> {
    setBusy(true);
    setDone(0);
    try {
      const { changed, left = 0, unknown = [], redelivery: id } = await changeLetters(verb, meant, setDone);
      if (id !== undefined) setRedelivery(id);
      if (verb === 'drop') notify('good', `${eventsOf(changed)} dropped.`);
      if (left > 0) notify('bad', `${eventsOf(left)} are still there: the disk took no more. Do it again.`);
      if (unknown.length > 0) notify('warn', `${eventsOf(unknown.length)} were put back or dropped by somebody else.`);
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
      onDone();
    }
  }
  return { busy, done, redelivery, run, dismiss: () => setRedelivery(undefined) };
}

function Deeds({
  count,
  isAtLeast,
  chosen,
  meant,
  onAsk,
}: {
  readonly count: number;
  readonly isAtLeast: boolean;
  readonly chosen: ReadonlySet<string>;
  readonly meant: DeadLettersDeed;
  readonly onAsk: (asked: Asked) => void;
}) {
  const all = `${isAtLeast ? 'at least ' : ''}${eventsOf(count)}`;
  const some = { meant: { keys: [...chosen] }, count: eventsOf(chosen.size) };
  const of = chosen.size > 0 ? some : { meant, count: all };
  const what = chosen.size > 0 ? `${formatCount(chosen.size)} chosen` : 'all';
  return html`<div class="bar">
    <${Button} kind="primary" icon="reload" onClick=${() => onAsk({ verb: 'redeliver', ...of })}>Redeliver ${what}${chosen.size > 0 ? '' : ' …'}<//>
    <${Button} kind="danger" icon="close" onClick=${() => onAsk({ verb: 'drop', ...of })}>Drop ${what} …<//>
    <span class="muted">${chosen.size > 0 ? some.count : all}</span>
  </div>`;
}

function FixOf({ group }: { readonly group: DeadLetterGroup }) {
  const settings = html`<a class="button letters-link" href=${pageHref('mapping', { workspace: group.workspaceId })}>Edit settings</a>`;
  return html`<${Notice} kind="warn" title=${`${group.target}: ${group.reason}${group.status === undefined ? '' : `, ${group.status}`}`} action=${settings}>
    <${Prose} text=${group.fix} />
  <//>`;
}

/** The page of dead letters. */
export function DeadLettersPage({ query }: PageProps) {
  const filter = useMemo(() => readFilter(query), [query]);
  const name = JSON.stringify(filter);
  const asked = useMemo(() => toAsked(filter, Date.now()), [name]);
  const groups = useLoad<DeadLetterGroups>(withQuery('/api/dead-letters/groups', asked), LOOK_MS);
  const canWrite = useCanWrite();
  const [choice, setChoice] = useState<{ readonly name: string; readonly keys: ReadonlySet<string> }>({
    name,
    keys: NO_KEYS,
  });
  const chosen = choice.name === name ? choice.keys : NO_KEYS;
  const [opened, setOpened] = useState<DeadLetterLine | undefined>(undefined);
  const [confirming, setConfirming] = useState<Asked | undefined>(undefined);
  const [round, setRound] = useState(0);
  const reload = () => {
    setChoice({ name, keys: NO_KEYS });
    groups.reload();
    setRound((now) => now + 1);
  };
  const deed = useDeed(reload);
  const { data } = groups;
  const found = data?.groups ?? [];
  const count = found.reduce((sum, group) => sum + group.count, 0);
  const isAtLeast = data?.isPartial === true || (data?.omitted ?? 0) > 0;
  const [one] = isOneGroup(filter) ? found : [];
  const asksFirst = ({ verb, meant }: Asked) => verb === 'drop' || meant.keys === undefined;
  const onAsk = (next: Asked) => (asksFirst(next) ? setConfirming(next) : void deed.run(next));
  const ofOne = (letter: DeadLetterLine, verb: Verb) => {
    setOpened(undefined);
    onAsk({ verb, meant: { keys: [letter.key] }, count: '1 event' });
  };

  return html`<${Heading} title="Dead letters">
      ${!isEmpty(filter) && html`<a class="button letters-link" href=${pageHref('dead-letters')}>All dead letters</a>`}
      <${Button} icon="reload" busy=${groups.loading} onClick=${reload}>Reload<//>
    <//>
    <div class="stack letters-stack">
      <${FilterBar} filter=${filter} onChange=${show} />
      ${deed.busy && html`<${Notice}>${formatCount(deed.done)} done so far …<//>`}
      ${
        deed.redelivery !== undefined &&
        html`<${Progress} key=${deed.redelivery} id=${deed.redelivery} onSettled=${reload} onDismiss=${deed.dismiss} />`
      }
      ${groups.error && html`<${Notice} kind="bad" title="Dead letters cannot be read.">${groups.error.message}<//>`}
      ${data === undefined && groups.loading && html`<${Loading} />`}
      ${
        data !== undefined &&
        found.length === 0 &&
        !isAtLeast &&
        html`<${Empty} title=${isEmpty(filter) ? 'No dead letters' : 'No dead letters match the filter'}>
          ${isEmpty(filter) ? 'Every event was delivered, is waiting, or was never accepted.' : html`<a href=${pageHref('dead-letters')}>Show all</a>`}
        <//>`
      }
      ${one !== undefined && html`<${FixOf} group=${one} />`}
      ${one === undefined && found.length > 0 && html`<${Groups} groups=${data} onOpen=${(group: DeadLetterGroup) => show(ofGroup(filter, group))} />`}
      ${
        filter.workspace !== '' &&
        (found.length > 0 || isAtLeast) &&
        html`<section class="stack letters-stack" aria-label="Events">
          ${canWrite && html`<${Deeds} count=${count} isAtLeast=${isAtLeast} chosen=${chosen} meant=${asked} onAsk=${onAsk} />`}
          <${Letters}
            asked=${asked}
            withReason=${one === undefined}
            name=${name}
            round=${round}
            chosen=${chosen}
            onChoose=${canWrite ? (keys: ReadonlySet<string>) => setChoice({ name, keys }) : undefined}
            opened=${opened?.key}
            onOpen=${setOpened}
          />
        </section>`
      }
    </div>
    ${
      opened !== undefined &&
      html`<${LetterDrawer}
        letter=${opened}
        canWrite=${canWrite}
        onRedeliver=${() => ofOne(opened, 'redeliver')}
        onDrop=${() => ofOne(opened, 'drop')}
        onClose=${() => setOpened(undefined)}
      />`
    }
    ${
      confirming !== undefined &&
      html`<${Confirm}
        title=${`${DEEDS[confirming.verb]} ${confirming.count}?`}
        deed=${DEEDS[confirming.verb]}
        danger=${confirming.verb === 'drop'}
        onClose=${() => setConfirming(undefined)}
        onConfirm=${() => {
          setConfirming(undefined);
          void deed.run(confirming);
        }}
      >
        <p>
          ${
            confirming.verb === 'drop'
              ? 'They are forgotten for good: nothing sends them any more.'
              : 'They are put back into the outbox and sent with the keys and targets of now. What is still refused becomes a dead letter again.'
          }
        </p>
      <//>`
    }`;
}
