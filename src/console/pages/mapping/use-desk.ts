// The edit that the reader works on: what was read, what the form holds, its preview, and saving it.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type {
  EventSource,
  SettingsAnswer,
  SettingsEdit,
  SettingsPreview,
  SettingsRefusal,
  SettingsSaved,
} from '../../../operate/settings/shapes.js';
import { ApiError, post, withQuery } from '../../api.js';
import { messageOf } from '../../error-message.js';
import { parseJson } from '../../json.js';
import { useLoad } from '../../load.js';
import { notify, notifyError } from '../../notices.js';
import { applyChanges, changesOf, type Place, type Settings, withValue } from './draft.js';

/** An event that the reader has pasted. */
export interface Sample {
  readonly source: EventSource;
  readonly text: string;
}

/** How far the preview is. */
export type Previewed =
  | { readonly is: 'none' }
  | { readonly is: 'waiting'; readonly last?: SettingsPreview }
  | { readonly is: 'there'; readonly answer: SettingsPreview }
  | { readonly is: 'failed'; readonly because: string }
  | { readonly is: 'conflict'; readonly refusal: SettingsRefusal };

/** What the page works with. */
export interface Desk {
  readonly answer: SettingsAnswer | undefined;
  readonly error: Error | undefined;
  /** What the form holds. */
  readonly draft: Settings;
  /** What the text field holds; undefined while the form is edited. */
  readonly text: string | undefined;
  readonly isChanged: boolean;
  readonly previewed: Previewed;
  readonly sample: Sample;
  readonly isSaving: boolean;
  readonly saved: SettingsSaved | undefined;
  setValue(place: Place, value: unknown): void;
  setText(text: string): void;
  setSample(sample: Sample): void;
  discard(): void;
  save(): void;
  /** Reads the file again and keeps what the form has changed. */
  takeOver(): void;
  reload(): void;
}

/** Time for the next key before the process is asked, in milliseconds. */
const PAUSE_MS = 350;

/** How often it is looked whether a saved edit is in force, in milliseconds. */
const LOOK_MS = 1_500;

const refusalOf = (error: unknown): SettingsRefusal | undefined =>
  error instanceof ApiError && error.code === 'SETTINGS_CHANGED' ? (error.body as SettingsRefusal) : undefined;

/** As it was pasted, where it is no JSON: the process says what is wrong. */
const bodyOf = ({ text }: Sample): unknown => parseJson(text) ?? text;

/** @param workspace undefined: the first one */
export function useDesk(workspace: string | undefined): Desk {
  const { data: answer, error, reload } = useLoad<SettingsAnswer>(withQuery('/api/settings', { workspace }));
  const document = answer?.document;
  const [draft, setDraft] = useState<Settings>({});
  const [text, setOwnText] = useState<string | undefined>(undefined);
  const [sample, setSample] = useState<Sample>({ source: 'segment', text: '' });
  const [previewed, setPreviewed] = useState<Previewed>({ is: 'none' });
  const [isSaving, setSaving] = useState(false);
  const [saved, setSaved] = useState<SettingsSaved | undefined>(undefined);
  const kept = useRef<ReturnType<typeof changesOf> | undefined>(undefined);

  useEffect(() => {
    if (document === undefined) return;
    setDraft(applyChanges(document.value, kept.current ?? []));
    kept.current = undefined;
    setOwnText(undefined);
  }, [document?.version, document?.workspace]);

  const changes = document === undefined ? [] : changesOf(document.value, draft);
  const isChanged = text === undefined ? changes.length > 0 : text !== document?.text;
  const edit: SettingsEdit | undefined = document && {
    workspace: document.workspace,
    version: document.version,
    ...(text === undefined ? { changes } : { text }),
  };
  const asked =
    edit &&
    JSON.stringify({
      ...edit,
      ...(sample.text.trim() !== '' && { sample: { source: sample.source, body: bodyOf(sample) } }),
    });

  useEffect(() => {
    if (asked === undefined) return setPreviewed({ is: 'none' });
    setPreviewed((before) => {
      const last = before.is === 'there' ? before.answer : before.is === 'waiting' ? before.last : undefined;
      return { is: 'waiting', ...(last !== undefined && { last }) };
    });
    const own = new AbortController();
    const timer = setTimeout(() => {
      post<SettingsPreview>('/api/settings/preview', JSON.parse(asked), own.signal).then(
        (found) => setPreviewed({ is: 'there', answer: found }),
        (fault: unknown) => {
          if (own.signal.aborted) return;
          const refusal = refusalOf(fault);
          if (refusal !== undefined) setPreviewed({ is: 'conflict', refusal });
          else setPreviewed({ is: 'failed', because: messageOf(fault) });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [asked]);

  const isWaiting = saved !== undefined && !saved.inForce;
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [isWaiting, reload]);
  useEffect(() => {
    if (saved !== undefined && !saved.inForce && answer !== undefined && answer.state.generation > saved.generation)
      setSaved({ ...saved, inForce: true, generation: answer.state.generation });
  }, [answer?.state.generation]);

  const save = useCallback(async () => {
    if (edit === undefined) return;
    setSaving(true);
    try {
      const result = await post<SettingsSaved>('/api/settings/save', edit);
      setSaved(result);
      notify('good', `${result.file} is saved.`);
      reload();
    } catch (fault) {
      const refusal = refusalOf(fault);
      if (refusal !== undefined) setPreviewed({ is: 'conflict', refusal });
      else notifyError(fault);
    } finally {
      setSaving(false);
    }
  }, [asked, reload]);

  return {
    answer,
    error,
    draft,
    text,
    isChanged,
    previewed,
    sample,
    isSaving,
    saved,
    setValue(place, value) {
      setSaved(undefined);
      setDraft((now) => withValue(now, place, value));
    },
    setText(next) {
      setSaved(undefined);
      setOwnText(next);
    },
    setSample,
    discard() {
      if (document !== undefined) setDraft(document.value);
      setOwnText(undefined);
    },
    save: () => void save(),
    takeOver() {
      kept.current = text === undefined ? changes : undefined;
      reload();
    },
    reload,
  };
}
