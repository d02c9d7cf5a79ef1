import type { DataQuery } from '@grafana/schema';

// Options that came later have defaults; what is there must still be known.
export type Complete<O> = Partial<O>;
// This package no longer has the type of the data source.
export type PrometheusQuery = DataQuery & Record<string, unknown>;
