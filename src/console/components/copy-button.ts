// Copies text to the clipboard.

import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { notifyError } from '../notices.js';
import { Button } from './button.js';

const SAID_MS = 2_000;

/** The clipboard of the browser is for `https` and loopback; elsewhere an old command does it. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'out-of-sight';
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser does not let this page use the clipboard.');
}

/** @param text what is copied, or what makes it when it is asked for */
export function CopyButton({
  text,
  label = 'Copy',
  kind = 'plain',
}: {
  readonly text: string | (() => string);
  readonly label?: string;
  readonly kind?: 'plain' | 'quiet';
}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const onClick = () => copy(typeof text === 'function' ? text() : text).then(() => setDone(true), notifyError);
  return html`<${Button} kind=${kind} icon=${done ? 'check' : 'copy'} onClick=${onClick}>${done ? 'Copied' : label}<//>
    <span class="out-of-sight" role="status">${done ? 'Copied' : ''}</span>`;
}
