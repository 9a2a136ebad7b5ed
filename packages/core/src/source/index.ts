export type { ModuleSource, Origin, PinnedOptions, SourceZip, SumdbSource, VersionInfo } from './source.ts';
