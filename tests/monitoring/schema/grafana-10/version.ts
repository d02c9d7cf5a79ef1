import type { PrometheusDataQuery } from '@grafana/schema/dist/esm/raw/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen';

// The oldest version that the dashboard is for: every option that it must have is there.
export type Complete<O> = O;
export type PrometheusQuery = PrometheusDataQuery;
