// Where operators change settings: what they read, what an edit would do, and how it is written.

import { createBreather } from '../../base/breather.js';
import { PluginError } from '../../base/errors.js';
import { Mutex } from '../../base/mutex.js';
import { makeParents } from '../../base/private-files.js';
import type { Secret } from '../../base/secret.js';
import { codeOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { isSameDocument } from '../../settings/same-document.js';
import { readLocalSecret } from '../../settings/secret-reference.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { createEditChecker } from '../../settings/write/check-edit.js';
import { type ChangedBy, createHistory, type HistoryShelf, type KeptChange } from '../../settings/write/history.js';
import { replaceSettingsFile } from '../../settings/write/replace-settings-file.js';
import { firstFile, listFiles, readFileText, versionOf } from '../../settings/write/settings-files.js';
import { unified } from '../../settings/write/shown-diff.js';
import { workAside } from '../../settings/write/text-aside.js';
import { compareEvents, type SeenLately } from './compare-events.js';
import { FORM } from './describe-form.js';
import { applyEdit, type PreparedEdit, prepareEdit, toRemark } from './prepare-edit.js';
import { createDocumentReader, findTarget, type OpenDocument, toAnswer } from './read-document.js';
import { SettingsRefused } from './settings-refused.js';
import type {
  SettingsAnswer,
  SettingsEdit,
  SettingsHistoryAnswer,
  SettingsPreview,
  SettingsPreviewBody,
  SettingsSaved,
  SettingsUndo,
} from './shapes.js';

/** What it works with. */
export interface DeskDeps {
  readonly store: WorkspaceStore;
  /** A file, a directory, or the URL of a config service. */
  readonly location: string;
  /** For a config service. */
  readonly token: Secret | undefined;
  /** Where earlier versions are kept. */
  readonly history: HistoryShelf;
  /** @param limit of events */
  readonly seenLately: (workspaceId: string, limit: number) => SeenLately;
  /** Why documents would end the routes for senders outside. */
  readonly conflictWith: (documents: readonly WorkspaceDocument[]) => string | undefined;
  /** By the system's clock. */
  readonly now: () => EpochMs;
}

/** Changes settings. Each of its functions throws PluginError where it cannot do what it is asked for. */
export interface SettingsDesk {
  read(workspace: string | undefined): Promise<SettingsAnswer>;
  /** @param mayName whether who asks may name variables and files that the settings do not name: what is looked up tells whether they are there */
  preview(body: SettingsPreviewBody, mayName: boolean): Promise<SettingsPreview>;
  /** @throws SettingsRefused */
  save(edit: SettingsEdit): Promise<SettingsSaved>;
  history(workspace: string | undefined, id: string | undefined): Promise<SettingsHistoryAnswer>;
  /** @throws SettingsRefused */
  undo(undo: SettingsUndo): Promise<SettingsSaved>;
}

/** Events that are tried. */
const MAX_EVENTS = 100;

/** What the system says of a file that cannot be replaced, whatever was to be seen of it before. */
const NOT_WRITABLE = new Set(['EACCES', 'EBUSY', 'EPERM', 'EROFS', 'EXDEV']);

/** A text to be written, once it is checked. */
interface Writing {
  readonly by: ChangedBy;
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
  /** The documents that will be in force. */
  readonly documents: readonly WorkspaceDocument[];
}

export function createSettingsDesk(deps: DeskDeps): SettingsDesk {
  const { store, location, now } = deps;
  const reader = createDocumentReader(location, store, deps.token);
  const checker = createEditChecker(location, readLocalSecret);
  const history = createHistory(deps.history, now);
  const saving = new Mutex();

  /** What was changed by hand becomes a change of the history, of files that the history knows or the console has shown. */
  store.onChange((changed) => {
    const files = new Set(changed.flatMap((id) => store.findById(id)?.source ?? []));
    void saving.run(async () => {
      for (const file of files) await note(file);
    });
  });

  async function note(file: string): Promise<void> {
    if (!(await listFiles(location)).includes(file)) return;
    await history.note(file, async () => {
      const read = await readFileText(file);
      return read !== undefined && 'text' in read ? read.text : undefined;
    });
  }

  async function open(workspace: string): Promise<OpenDocument> {
    const document = await reader.open(workspace);
    if ('problem' in document) throw new PluginError('SETTINGS_NOT_WRITABLE', document.problem);
    return document;
  }

  function diffOf(file: string, before: string | undefined, after: string): Promise<string> {
    return workAside('diff', (before ?? '').length + after.length, before, after, file, reader.known());
  }

  async function assertCurrent(document: OpenDocument, edit: SettingsEdit): Promise<void> {
    if (edit.version === document.version) return;
    const { shown, version, file } = document;
    const yours = await applyEdit(document, edit);
    throw new SettingsRefused('SETTINGS_CHANGED', {
      current: { version, text: shown.shown },
      yours,
      diff: unified(shown.shown, yours, file, file),
    });
  }

  function noticesOf({ documents }: PreparedEdit, workspace: string): readonly string[] {
    const notices: string[] = [];
    const [before, after] = [deps.conflictWith(store.documents), deps.conflictWith(documents)];
    if (after !== undefined && before === undefined)
      notices.push(`The routes for senders outside would be off, and a start would be refused. ${after}`);
    if (store.isOpen && !documents.every(({ isOpen }) => isOpen))
      notices.push(
        'Now anybody may send events. After this edit every sender has to prove itself: see `segment` and `trackingApi`.',
      );
    if (!documents.some(({ id }) => id === workspace))
      notices.push(`The workspace ${workspace} would be gone: its senders would be refused.`);
    return notices;
  }

  async function preview(body: SettingsPreviewBody, mayName: boolean): Promise<SettingsPreview> {
    const breathe = createBreather();
    const document = await open(body.workspace);
    await assertCurrent(document, body);
    const { file, version, text: before, shown, workspace } = document;
    const prepared = await prepareEdit(document, body, checker, mayName);
    const { text, faults, documents } = prepared;
    const { problem } = before === undefined ? {} : await findTarget(location, file);
    await breathe();
    const inForce = new Set(store.status().warnings ?? []);
    const isRight = text !== undefined && faults.length === 0;
    const limit = Math.min(body.events ?? MAX_EVENTS, MAX_EVENTS);
    const comparing = { before: store, after: documents, workspaceId: workspace, now: now() };
    const isThere = documents.some(({ id }) => id === workspace);
    return {
      file,
      version,
      isChange: text !== undefined && text !== before,
      text: prepared.shown,
      diff:
        before === undefined
          ? unified('', prepared.shown, '/dev/null', file)
          : unified(shown.shown, prepared.shown, file, file),
      ...(prepared.value !== undefined && { value: prepared.value }),
      faults,
      warnings: prepared.warnings.filter(
        ({ path, message }) => ![...inForce].some((line) => line.endsWith(`${path}: ${message}`)),
      ),
      notices: isRight ? noticesOf(prepared, workspace) : [],
      ...(problem !== undefined && { writeProblem: problem }),
      ...(isRight &&
        isThere && { effect: await compareEvents(comparing, deps.seenLately(workspace, limit), body.sample) }),
    };
  }

  /** Whether the documents are those in force, as far as the file says. */
  function whyNotInForce(file: string, documents: readonly WorkspaceDocument[]): string | undefined {
    const isInForce = documents
      .filter(({ source }) => source === file)
      .every((document) => {
        const found = store.findById(document.id);
        return found !== undefined && isSameDocument({ ...found, lost: [] }, document);
      });
    if (isInForce) return undefined;
    const { lastError, missing = [] } = store.status();
    if (lastError !== undefined) return `The newest settings are not in force: ${lastError}`;
    if (missing.length > 0)
      return `The last settings stay in force for some seconds, in case what is gone comes back (${missing.join(', ')}).`;
    return 'The file is written, and has not been read again yet.';
  }

  async function write({ by, file, before, after, documents }: Writing): Promise<SettingsSaved> {
    const refuse = async (why: string) => {
      throw new SettingsRefused('SETTINGS_NOT_WRITABLE', { diff: await diffOf(file, before, after) }, `${file} ${why}`);
    };
    if (before === undefined)
      await makeParents(firstFile(location).directory).catch((error) => refuse(`cannot be made (${codeOf(error)})`));
    const { path, problem } = await findTarget(location, file);
    if (problem !== undefined) return refuse(problem);
    if (before !== undefined) await history.note(file, async () => before);
    // Before it is written: a crash in between leaves one version too many, not one too few.
    const kept = await history.add({ by, file, before, after }).catch(() => undefined);
    const result = await replaceSettingsFile(path, after, versionOf(before));
    if (result.kind !== 'replaced' && kept !== undefined) await history.forget(kept.id);
    if (result.kind === 'changed') throw new SettingsRefused('SETTINGS_CHANGED', {});
    if (result.kind === 'failed') {
      if (NOT_WRITABLE.has(result.code)) return refuse(`cannot be replaced (${result.code})`);
      throw new SettingsRefused('SETTINGS_NOT_SAVED', {}, `${file} (${result.code})`);
    }
    await store.look();
    const why = whyNotInForce(file, documents);
    const shown = await reader.show(after, file);
    const notes = [why, kept === undefined ? 'The version before could not be kept in the history.' : undefined];
    const text = notes.filter((each) => each !== undefined).join(' ');
    return {
      file,
      version: 'shown' in shown ? reader.version(shown) : versionOf(after),
      ...(kept !== undefined && { change: kept.id }),
      generation: store.generation,
      inForce: why === undefined,
      ...(text !== '' && { note: text }),
    };
  }

  async function save(edit: SettingsEdit): Promise<SettingsSaved> {
    const document = await open(edit.workspace);
    await assertCurrent(document, edit);
    const { file, text: before } = document;
    const { text: after, faults, documents } = await prepareEdit(document, edit, checker, true);
    if (after === undefined || faults.length > 0) throw new SettingsRefused('SETTINGS_EDIT_FAULTY', { faults });
    if (after === before)
      return {
        file,
        version: document.version,
        generation: store.generation,
        inForce: whyNotInForce(file, documents) === undefined,
      };
    return write({ by: 'console', file, before, after, documents });
  }

  async function currentText(file: string): Promise<string | undefined> {
    const read = await readFileText(file);
    if (read !== undefined && 'problem' in read)
      throw new PluginError('SETTINGS_NOT_WRITABLE', `${file} ${read.problem}`);
    return read?.text;
  }

  /** Of a file, whatever it holds. */
  async function versionShown(text: string | undefined, file: string): Promise<string> {
    if (text === undefined) return versionOf(undefined);
    const shown = await reader.show(text, file);
    return 'shown' in shown ? reader.version(shown) : reader.version({ text, keys: new Map() });
  }

  async function changeOf(id: string): Promise<KeptChange> {
    const change = await history.read(id);
    if (change === undefined) throw new PluginError('SETTINGS_VERSION_UNKNOWN');
    return change;
  }

  async function undo({ id, version }: SettingsUndo): Promise<SettingsSaved> {
    const { file, before: wanted } = await changeOf(id);
    if (wanted === undefined)
      throw new SettingsRefused('SETTINGS_NOT_WRITABLE', {}, `there was no ${file} before: remove it yourself`);
    const files = await listFiles(location);
    if (!files.includes(file) && firstFile(location).file !== file)
      throw new SettingsRefused('SETTINGS_NOT_WRITABLE', {}, `${file} is no settings file of this process any more`);
    const current = await currentText(file);
    const now_ = await versionShown(current, file);
    if (now_ !== version) throw new SettingsRefused('SETTINGS_CHANGED', { diff: await diffOf(file, current, wanted) });
    const checked = await checker.check(file, wanted);
    if (checked.faults.length > 0)
      throw new SettingsRefused('SETTINGS_EDIT_FAULTY', { faults: checked.faults.map(toRemark) });
    return write({ by: 'undo', file, before: current, after: wanted, documents: checked.documents });
  }

  async function listHistory(workspace: string | undefined, id: string | undefined): Promise<SettingsHistoryAnswer> {
    const all = await history.list();
    const current = new Map<string, string>();
    for (const { file } of all) {
      if (current.has(file)) continue;
      const read = await readFileText(file);
      current.set(file, versionOf(read !== undefined && 'text' in read ? read.text : undefined));
    }
    const versions = all
      .filter(({ workspaces }) => workspace === undefined || workspaces.length === 0 || workspaces.includes(workspace))
      .map(({ id: own, at, by, file, workspaces, versionBefore, versionAfter }) => ({
        id: own,
        at,
        by,
        file,
        workspaces,
        isCurrent: current.get(file) === versionAfter,
        canUndo: versionBefore !== versionOf(undefined),
      }));
    if (id === undefined) return { versions };
    const { file, before, after } = await changeOf(id);
    const text = await currentText(file);
    return {
      versions,
      details: {
        id,
        diff: await diffOf(file, before, after),
        undo: before === undefined ? '' : await diffOf(file, text, before),
        version: await versionShown(text, file),
      },
    };
  }

  return {
    async read(workspace) {
      const [state, found] = [await reader.state(), await reader.open(workspace)];
      const file =
        'problem' in found
          ? (workspace === undefined ? store.documents[0] : store.findById(workspace))?.source
          : found.file;
      if (file !== undefined) void saving.run(() => note(file));
      if ('problem' in found) return { state, problem: found.problem, form: FORM };
      return { state, document: await toAnswer(found, location), form: FORM };
    },
    preview,
    save: (edit) => saving.run(() => save(edit)),
    history: listHistory,
    undo: (body) => saving.run(() => undo(body)),
  };
}
