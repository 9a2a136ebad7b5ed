export { type Clause, ConformanceError, type ConformanceLimits, clauses } from './case.ts';
export {
  type BoundCase,
  type ConformanceRunner,
  describeStorage,
  type StorageConformanceOptions,
  storageConformance,
} from './suite.ts';
