// Tables of commands: aligned where a person looks, whole and with tabs where a program does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, formatTable, printTable, type TableOutput, widthOf } from '../../src/cli/table.js';

const COLUMNS: readonly Column[] = [
  { head: 'NAME', least: 6 },
  { head: 'COUNT', align: 'right' },
  { head: 'WHY', least: 4 },
];

function output(told: Omit<TableOutput, 'write'>): TableOutput & { readonly text: () => string } {
  let text = '';
  return {
    ...told,
    write(chunk: unknown) {
      text += String(chunk);
      return true;
    },
    text: () => text,
  };
}

test('columns are aligned by what a person sees: wide characters take two, marks none', () => {
  assert.deepEqual(
    [widthOf('abc'), widthOf('日本'), widthOf('e\u0301'), widthOf('👍🏽'), widthOf('👨‍👩‍👧')],
    [3, 4, 1, 2, 2],
  );
  assert.deepEqual(
    formatTable(COLUMNS, [
      ['日本', '7', 'ok'],
      ['ada', '1234', 'e\u0301'],
    ]),
    ['NAME  COUNT  WHY', '日本      7  ok', 'ada    1234  e\u0301'],
  );
});

test('a line fits the terminal: the widest cells that may be cut are, with a mark', () => {
  const rows = [['a-name-that-is-long', '1234567', 'a reason that goes on and on']];
  const lines = formatTable(COLUMNS, rows, 32);
  assert.deepEqual(lines, ['NAME          COUNT  WHY', 'a-name-th…  1234567  a reason t…']);
  for (const line of lines) assert.ok(widthOf(line) <= 32);
  assert.ok(formatTable(COLUMNS, rows, 5)[1]?.includes('1234567'), 'a number is never cut');
  const [, wide = ''] = formatTable(COLUMNS, [['日本日本日本日本', '1', 'x']], 20);
  assert.ok(widthOf(wide) <= 20);
});

test('what commands a terminal is escaped in every form', () => {
  const hostile = [['\u001b[2J\u202egone\nforged\tcell', '1', '\u200b']];
  const terminal = output({ isTTY: true, columns: 200 });
  printTable(COLUMNS, hostile, terminal);
  const pipe = output({});
  printTable(COLUMNS, hostile, pipe);
  assert.equal(terminal.text().split('\n').length, 3);
  assert.equal(pipe.text(), '\\u001b[2J\\u202egone\\u000aforged\\u0009cell\t1\t\\u200b\n');
  assert.ok(!terminal.text().includes('\u001b'));
});

test('heads are for terminals, and bold where the terminal has colours', () => {
  const row = [['a', '1', 'b']];
  const [coloured, plain, pipe] = [output({ isTTY: true, hasColors: () => true }), output({ isTTY: true }), output({})];
  for (const each of [coloured, plain, pipe]) printTable(COLUMNS, row, each);
  assert.equal(coloured.text(), '\u001b[1mNAME  COUNT  WHY\u001b[22m\na         1  b\n');
  assert.equal(plain.text(), 'NAME  COUNT  WHY\na         1  b\n');
  assert.equal(pipe.text(), 'a\t1\tb\n');
});
