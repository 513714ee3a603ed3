// The console: starts in the browser.

import { html, render } from 'htm/preact';
import { App } from './app.js';
import { findSession } from './session.js';
import './theme.js';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no place for the console');
render(html`<${App} />`, root);
void findSession();
