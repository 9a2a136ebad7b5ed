export { maxBatchBytes, type SeriesBatch, type SeriesEntry } from './batch.ts';
export type { ReadSeriesOptions } from './read.ts';
export type { SeriesPlace } from './seek.ts';
export { type AppendOptions, type BatchCache, openSeries, type Series, type SeriesOptions } from './series.ts';
export { formatMicros, type Micros, parseMicros } from './time.ts';
