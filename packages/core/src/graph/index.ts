export type { Conflict } from './conflict.ts';
export {
  type GetOptions,
  type GetResult,
  getModules,
  type ModuleChange,
  type ModuleImports,
  type ModuleQuery,
  type RetractionWarning,
} from './get-modules.ts';
export { loadGraphOf, loadModuleGraph } from './load-module-graph.ts';
export { formatEdges, formatListed } from './print.ts';
export type { Pruning } from './pruning.ts';
export type {
  GoModReader,
  GoModSummary,
  GraphModule,
  LoadGraphOptions,
  ModuleGraph,
  ReadGoMod,
  Retraction,
} from './types.ts';
export type { VersionSource } from './version-queries.ts';
