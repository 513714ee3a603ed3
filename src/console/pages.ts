// The pages of the console, in the order of the navigation.

import type { ComponentChildren } from 'preact';
import type { IconName } from './components/icon.js';
import { AudiencesPage } from './pages/audiences/page.js';
import { ConnectPage } from './pages/connect/page.js';
import { DeadLettersPage } from './pages/dead-letters/page.js';
import { LivePage } from './pages/live/page.js';
import { MappingPage } from './pages/mapping/page.js';
import { OverviewPage } from './pages/overview/page.js';
import { TesterPage } from './pages/tester/page.js';

/** What a page is given. */
export interface PageProps {
  /** What stands behind the `?` of the fragment. */
  readonly query: URLSearchParams;
}

/** A page. */
export interface PageEntry {
  /** Its fragment: `#/live`. */
  readonly id: IconName;
  readonly title: string;
  readonly View: (props: PageProps) => ComponentChildren;
}

/** All of them; the first is where the console opens. */
export const PAGES: readonly [PageEntry, ...PageEntry[]] = [
  { id: 'overview', title: 'Overview', View: OverviewPage },
  { id: 'live', title: 'Live log', View: LivePage },
  { id: 'tester', title: 'Tester', View: TesterPage },
  { id: 'mapping', title: 'Mapping and filters', View: MappingPage },
  { id: 'dead-letters', title: 'Dead letters', View: DeadLettersPage },
  { id: 'audiences', title: 'Audiences', View: AudiencesPage },
  { id: 'connect', title: 'Connect', View: ConnectPage },
];
