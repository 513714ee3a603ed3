// The work on texts of settings files that takes long for a long one.

import { editedText, makeEdit } from './make-edit.js';
import { showText } from './settings-files.js';
import { showDiff } from './shown-diff.js';

/** By its names. What goes in and comes out can be sent to a thread. */
export const TEXT_WORK = { show: showText, apply: editedText, edit: makeEdit, diff: showDiff };

export type TextWork = typeof TEXT_WORK;
