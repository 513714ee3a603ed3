// What pages are made of.

export { Badge } from './badge.js';
export { Button } from './button.js';
export { Chart, type ChartProps, type Series } from './chart.js';
export { CopyButton } from './copy-button.js';
export { Count } from './count.js';
export { Confirm, Dialog, Drawer } from './dialog.js';
export { DiffView } from './diff-view.js';
export { Empty, Loading } from './empty.js';
export { Checkbox, type Choice, Field, Select, TextArea, TextField, type Tied } from './field.js';
export { formatBytes, formatClock, formatCount, formatDuration, formatMoment, formatShort } from './format.js';
export { Heading } from './heading.js';
export { Icon, type IconName } from './icon.js';
export { JsonView } from './json-view.js';
export { Notice } from './notice.js';
export { Prose } from './prose.js';
export { type Column, Table } from './table.js';
export { type Tab, Tabs } from './tabs.js';
export { Time, useNow } from './time.js';
export type { Tone } from './tone.js';
