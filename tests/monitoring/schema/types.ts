// What Grafana's own types say of a dashboard, as strictly as JSON can be held against them: an enum is its values, a panel's
// options and its custom fields are those of its plugin, and an override is of a field that there is.
import type { AnnotationQuery, Dashboard, FieldConfig, GraphFieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { FieldConfig as TimelineFields, Options as Timeline } from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type { FieldConfig as TableFields, Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as TimeSeries } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { Complete, PrometheusQuery } from './version';

type Plain<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T
  : T extends Array<infer U> ? Array<Plain<U>> : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

type Fields = Omit<FieldConfig, 'custom'>;
type Override<C> = {
  matcher: { id: 'byName' | 'byRegexp' | 'byFrameRefID'; options: string };
  properties: Array<{ [K in keyof Fields]-?: { id: K; value: Fields[K] } }[keyof Fields]
    | { [K in keyof C & string]-?: { id: `custom.${K}`; value: C[K] } }[keyof C & string]>;
};
type PanelOf<T extends string, O, C> = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: T;
  options: Complete<O>;
  fieldConfig: { defaults: Fields & { custom: Partial<C> }; overrides: Array<Override<C>> };
  targets: PrometheusQuery[];
};
// Prometheus's annotations have these beside what every annotation has; no package has them as a type.
type Marker = AnnotationQuery<PrometheusQuery & { interval: string }> & { expr: string; step: string; titleFormat: string; useValueForTime: boolean };
type AnyPanel = PanelOf<'timeseries', TimeSeries, GraphFieldConfig> | PanelOf<'stat', Stat, {}> | PanelOf<'bargauge', BarGauge, {}>
  | PanelOf<'table', Table, TableFields> | PanelOf<'state-timeline', Timeline, TimelineFields>;
type Row = Omit<RowPanel, 'type'> & { type: 'row' };
// A query variable has its query once more as text.
type Variable = VariableModel & { definition?: string };

export type Checked = Plain<Omit<Dashboard, 'panels' | 'annotations' | 'templating'> & {
  panels: Array<AnyPanel | Row>;
  annotations: { list: Marker[] };
  templating: { list: Variable[] };
}>;
