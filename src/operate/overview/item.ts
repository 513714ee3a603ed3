// Makes items that need attention.

import type { AttentionItem } from './shapes.js';

/** Where on the console something is worked on. @param page as in `dead-letters` @param query what is shown there */
export function linkTo(page: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as [string, string]],
  );
  const text = new URLSearchParams(given).toString();
  return `#/${page}${text === '' ? '' : `?${text}`}`;
}

type Given = Omit<AttentionItem, 'id' | 'workspace' | 'target'> & {
  readonly workspace?: string | undefined;
  readonly target?: string | undefined;
  /** Tells it from others of its kind, workspace and target. */
  readonly which?: string;
};

export function item({ which, workspace, target, ...given }: Given): AttentionItem {
  const id = [given.kind, workspace, target, which].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    id,
    ...given,
    ...(workspace !== undefined && workspace !== '' && { workspace }),
    ...(target !== undefined && { target }),
  };
}

/** `1 event`, `3 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

export function workspaceNamed(id: string): string {
  return id === '' ? 'destinations of RudderStack that no settings document names' : `workspace ${id}`;
}
