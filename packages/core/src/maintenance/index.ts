export { type CopyEvent, type CopyOptions, type CopyReport, copyStorage } from './copy.ts';
export { collectGarbage, type GcCount, type GcEvent, type GcOptions, type GcReport, type Retention } from './gc.ts';
