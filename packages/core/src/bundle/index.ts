export { captureContents, storedContents } from './contents.ts';
export { type ExportOptions, exportBundle } from './export.ts';
export { type ImportOptions, importBundle } from './import.ts';
export type { ImportSumdb } from './proven-records.ts';
export { readManifest } from './read-manifest.ts';
export type {
  BundleContents,
  BundleManifest,
  BundleModule,
  BundleRoot,
  ImportEvent,
  ImportRefusal,
  ImportReport,
} from './types.ts';
