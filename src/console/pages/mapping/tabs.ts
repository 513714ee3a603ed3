// The tabs of the form.

import { html } from 'htm/preact';
import { effectOf } from './effect-of.js';
import {
  ChoiceSetting,
  infoOf,
  NumberSetting,
  RowsSetting,
  SetSetting,
  SwitchSetting,
  type TabProps,
  TextSetting,
} from './form-parts.js';
import { NamesTable } from './names-table.js';
import { PatternsSetting } from './patterns.js';
import { PrefixSetting } from './prefix-setting.js';
import type { Desk } from './use-desk.js';

/** Ids that Statsig has by itself; any other name is a custom id. */
const STATSIG_IDS = ['userID', 'stableID'];

const namesOf = (desk: Desk, out: boolean): readonly string[] =>
  (effectOf(desk)?.names ?? []).filter(({ source }) => (source === 'statsig') === out).map(({ name }) => name);

export function IdentifiersTab(props: TabProps) {
  const { desk } = props;
  const fields = effectOf(desk)?.fields ?? [];
  const columns = [
    { name: 'from', label: 'Field of the event', placeholder: 'context.device.id', suggestions: fields },
    { name: 'to', label: 'Id in Statsig', placeholder: 'stableID', suggestions: STATSIG_IDS },
  ];
  return html`<${RowsSetting} ...${props} place=${['identifierMappings']} label="Identifiers" what="mapping" columns=${columns} />`;
}

export function NamesTab(props: TabProps) {
  const types = ['track', 'page', 'screen', 'group'];
  return html`<div class="stack">
    <div class="mapping-pairs">
      <${ChoiceSetting} ...${props} place=${['eventNamePreset']} label="Preset" />
      <${PrefixSetting} ...${props} />
    </div>
    <div class="mapping-pairs">
      ${types.map(
        (type) =>
          html`<${TextSetting} key=${type} ...${props} place=${['eventNameTemplates', type]} label=${`Template of ${type} events`} placeholder=${{ track: '{prefix}{event}', group: '{prefix}group' }[type] ?? `{prefix}${type}:{name}`} />`,
      )}
    </div>
    <${NumberSetting} ...${props} place=${['eventNameMaxLength']} label="Longest name" />
  </div>`;
}

export function FiltersTab(props: TabProps) {
  const names = namesOf(props.desk, false);
  return html`<div class="stack">
    <${NamesTable} ...${props} out=${false} />
    <${SetSetting} ...${props} place=${['eventTypes']} label="Event types" />
    <${PatternsSetting} ...${props} place=${['excludeEvents']} label="Not sent" suggestions=${names} />
    <${PatternsSetting} ...${props} place=${['includeEvents']} label="Sent, and nothing else" suggestions=${names} />
  </div>`;
}

export function EnvironmentsTab(props: TabProps) {
  const columns = [
    { name: 'from', label: 'Tier of the event', placeholder: 'test' },
    {
      name: 'to',
      label: 'Tier in Statsig',
      placeholder: 'development',
      suggestions: ['production', 'staging', 'development'],
    },
  ];
  return html`<div class="stack">
    <${TextSetting} ...${props} place=${['defaultEnvironment']} label="Default environment" placeholder="production" />
    <${RowsSetting} ...${props} place=${['environmentMappings']} label="Renamed environments" what="renaming" columns=${columns} />
    ${
      infoOf(props.desk, ['redact']).description !== '' &&
      html`<${PatternsSetting} ...${props} place=${['redact']} label="Masked in the live log" placeholder="context.ip" suggestions=${effectOf(props.desk)?.fields ?? []} />`
    }
  </div>`;
}

export function OutboundTab(props: TabProps) {
  const names = namesOf(props.desk, true);
  const at = (name: string) => ['outbound', name];
  const targets = [
    { name: 'name', label: 'Name', placeholder: 'segment' },
    { name: 'writeKey', label: 'Write key', placeholder: 'env:SEGMENT_WRITE_KEY' },
    { name: 'host', label: 'Host', placeholder: 'https://api.segment.io' },
    { name: 'path', label: 'Path', placeholder: '/v1/batch' },
  ];
  const ids = [
    { name: 'from', label: 'Unit in Statsig', placeholder: 'companyID' },
    { name: 'to', label: 'Id of the call', placeholder: 'groupId', suggestions: ['userId', 'anonymousId', 'groupId'] },
  ];
  return html`<div class="stack">
    <${RowsSetting} ...${props} place=${at('targets')} label="Targets" what="target" columns=${targets} />
    <${SwitchSetting} ...${props} place=${at('paused')} label="Paused" />
    <${RowsSetting} ...${props} place=${at('identifierMappings')} label="Identifiers" what="mapping" columns=${ids} />
    <h3>What is sent</h3>
    <${SetSetting} ...${props} place=${at('eventCategories')} label="Categories" />
    <${NamesTable} ...${props} out=${true} />
    <${PatternsSetting} ...${props} place=${at('excludeEvents')} label="Not sent" suggestions=${names} />
    <${SwitchSetting} ...${props} place=${at('includeNewEvents')} label="Send custom events that no list names" />
    <${PatternsSetting} ...${props} place=${at('includeEvents')} label="Sent" suggestions=${names} />
    <${PatternsSetting} ...${props} place=${at('environments')} label="Environments that are sent" placeholder="production" suggestions=${['production', 'staging', 'development']} />
    <h3>Economy</h3>
    <div class="mapping-pairs">
      <${NumberSetting} ...${props} place=${at('exposureWindowMs')} label="Exposure window in ms" />
      <${NumberSetting} ...${props} place=${at('exposureSampleRate')} label="Share of units whose exposures are sent" />
      <${ChoiceSetting} ...${props} place=${at('experimentViewed')} label="Experiment Viewed" />
      <${TextSetting} ...${props} place=${at('configChangeUserId')} label="User of config changes" placeholder="statsig" />
    </div>
    <${SwitchSetting} ...${props} place=${at('skipAnonymousExposures')} label="Leave out anonymous exposures" />
    <${SwitchSetting} ...${props} place=${at('skipDefaultRuleExposures')} label="Leave out exposures of the default rule" />
  </div>`;
}
