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
